import assert from 'node:assert/strict';
import fc from 'fast-check';
import { fillPacks, packBody } from '../../../modules/store-and-forward/src/core/packing.ts';
import { upstreamQueueLength } from '../../../modules/store-and-forward/src/core/queue-metric.ts';
import {
  SeenReadings,
  type SeenState,
} from '../../../modules/store-and-forward/src/core/seen-readings.ts';
import { SeenMeters } from '../../../modules/store-and-forward/src/seen-meters.ts';
import { UplinkBudget } from '../../../modules/store-and-forward/src/core/uplink-budget.ts';

describe('packing', () => {
  const item = (text: string) => ({ text, bytes: Buffer.byteLength(text) });

  it('puts every reading into exactly one pack, in order, none larger than allowed', () => {
    const texts = fc.array(fc.string({ maxLength: 30, unit: 'grapheme' }), { maxLength: 50 });
    fc.assert(
      fc.property(texts, fc.integer({ min: 10, max: 100 }), (all, maxBytes) => {
        const { packs, rest } = fillPacks(
          all.map((text) => item(JSON.stringify(text))),
          maxBytes,
        );
        const bodies = [...packs, rest].map(packBody);

        assert.deepEqual(
          bodies.flatMap((body) => JSON.parse(body) as string[]),
          all,
        );
        for (const [index, body] of bodies.entries()) {
          const isAlone = [...packs, rest][index]?.length === 1;
          assert.ok(Buffer.byteLength(body) <= maxBytes || isAlone);
        }
      }),
    );
  });
});

describe('uplink budget', () => {
  it('lets telemetry wait first, averages next, anomalies last', () => {
    const budget = new UplinkBudget();
    const open = (length: number) => {
      budget.looked(length);
      return [0, 1, 2].map((priority) => budget.room(priority) > 0);
    };

    assert.deepEqual(open(0), [true, true, true]);
    assert.deepEqual(open(8), [true, true, false]);
    assert.deepEqual(open(500), [true, false, false]);
    assert.deepEqual(open(2_000), [false, false, false]);
  });

  it('counts what was handed over as long as edgeHub may not have counted it', () => {
    const budget = new UplinkBudget();
    budget.looked(0);
    for (let sent = 0; sent < 8; sent += 1) budget.handedOver(2);
    assert.equal(budget.room(2), 0);

    budget.looked(0);
    assert.equal(budget.room(2), 0);
    budget.looked(0);
    assert.equal(budget.room(2), 16, 'all of it went, so that more may wait');
  });

  it('gives the backlog one of five messages while live telemetry takes all it can get', () => {
    const budget = new UplinkBudget();
    budget.waits(3, true);
    const sent = [0, 0];
    for (let look = 0; look < 100; look += 1) {
      budget.looked(0);
      budget.looked(0);
      while (budget.room(2) > 0) {
        budget.handedOver(2);
        sent[0] = (sent[0] ?? 0) + 1;
      }
      if (budget.room(3) > 0) {
        budget.handedOver(3);
        sent[1] = (sent[1] ?? 0) + 1;
      }
    }

    assert.deepEqual(sent, [400, 100]);
  });

  it('lets more telemetry wait at edgeHub while it goes fast, and little once it does not', () => {
    const budget = new UplinkBudget();
    const rooms = Array.from({ length: 20 }, () => {
      budget.looked(0);
      const room = budget.room(2);
      for (let sent = 0; sent < room; sent += 1) budget.handedOver(2);
      return room;
    });
    assert.ok(Math.max(...rooms) > 32, rooms.join());

    for (let look = 0; look < 10; look += 1) budget.looked(7);
    assert.equal(budget.room(2), 1);
  });

  it('trickles while edgeHub does not say how long its queue is', () => {
    const budget = new UplinkBudget();
    assert.equal(budget.room(2), 1);
    budget.handedOver(2);
    assert.equal(budget.room(2), 0);

    budget.trickle(1);
    assert.equal(budget.room(2), 1);
  });
});

describe('queue metric', () => {
  it('adds up the upstream queues of all priorities and no others', () => {
    const metrics = [
      '# TYPE edgehub_queue_length gauge',
      'edgehub_queue_length{iothub="h",endpoint="iothub",priority="0"} 3',
      'edgehub_queue_length{endpoint="iothub",priority="2"} 40',
      'edgehub_queue_length{endpoint="gateway-01/averager/readings",priority="2"} 500',
    ].join('\n');

    assert.equal(upstreamQueueLength(metrics), 43);
  });

  it('is nought before there is an upstream queue, and unknown in a foreign text', () => {
    assert.equal(upstreamQueueLength('edgehub_messages_received_total 3'), 0);
    assert.equal(upstreamQueueLength('<html>not edgeHub</html>'), undefined);
  });
});

describe('seen readings', () => {
  const time = '2026-06-01T12:00:00Z';
  const numbered = { id: 'a', time, temp: 70, seq: 1 };
  const other = (temp: number) => ({ id: 'a', time, temp });

  it('note a reading once, also across a restart', () => {
    const seen = new SeenReadings();
    assert.deepEqual(
      [seen.add(numbered), seen.add(numbered), seen.add(other(1)), seen.add(other(1))],
      [true, false, true, false],
    );
    const restored = new SeenReadings(structuredClone(seen.state()));

    assert.deepEqual([restored.add(numbered), restored.add(other(1))], [false, false]);
  });

  it('forget the oldest readings without sequence number', () => {
    const seen = new SeenReadings();
    for (let temp = 0; temp <= 500; temp += 1) seen.add(other(temp));

    assert.equal(seen.state().others.length, 500);
    assert.equal(seen.add(other(0)), true);
  });
});

describe('seen meters', () => {
  it('are in memory up to a limit, and recognise what the others sent before', () => {
    const disk = new Map<string, SeenState>();
    const seen = new SeenMeters(
      {
        seenOf: (id) => disk.get(id),
        writeMeter: (id, state) => disk.set(id, structuredClone(state)),
      },
      10,
    );
    const readings = Array.from({ length: 50 }, (_, meter) => ({
      id: `Meter${meter}`,
      time: '2026-06-01T12:00:00Z',
      temp: 70,
      seq: 7,
    }));
    for (const reading of readings) {
      assert.equal(seen.add(reading), true);
      seen.write();
    }

    assert.equal(seen.inMemory, 10);
    assert.deepEqual(
      readings.map((reading) => seen.add(reading)),
      readings.map(() => false),
    );
    assert.equal(seen.write(), false);
    assert.equal(seen.inMemory, 10);
  });

  it('leave memory only after they were written', () => {
    const disk = new Map<string, SeenState>();
    const seen = new SeenMeters(
      {
        seenOf: (id) => disk.get(id),
        writeMeter: (id, state) => disk.set(id, structuredClone(state)),
      },
      1,
    );
    const reading = (meter: number) => ({ id: `Meter${meter}`, time: '', temp: 70, seq: 7 });
    for (let meter = 0; meter < 5_000; meter += 1) seen.add(reading(meter));
    assert.equal(seen.inMemory, 5_000);
    seen.write();

    assert.deepEqual([seen.inMemory, disk.size], [1, 5_000]);
  });

  it('of readings without number are fewer, because each is remembered', () => {
    const disk = new Map<string, SeenState>();
    const seen = new SeenMeters({
      seenOf: (id) => disk.get(id),
      writeMeter: (id, state) => disk.set(id, structuredClone(state)),
    });
    const reading = (meter: number, temp: number) => ({ id: `Meter${meter}`, time: '', temp });
    for (let meter = 0; meter < 250; meter += 1) {
      for (let temp = 0; temp < 500; temp += 1) seen.add(reading(meter, temp));
      seen.write();
    }

    assert.equal(seen.inMemory, 200);
    assert.equal(seen.add(reading(0, 7)), false);
  });
});

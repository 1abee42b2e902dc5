import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import {
  openEventLog,
  type AppendTarget,
  type EventLog,
  type NewEvent,
} from '../../../../simulator/azure/event-hubs/event-log.ts';
import {
  PartitionStore,
  MIGRATIONS,
} from '../../../../simulator/azure/event-hubs/partition-store.ts';
import { encodeEvent } from '../../../../simulator/azure/event-hubs/event.ts';
import { bodyEvent, textEvent } from '../../../support/events.ts';
import { openDatabase } from '../../../../simulator/wire/database.ts';

const HUBS = [
  { name: 'one', partitionCount: 2, consumerGroups: ['$Default'] },
  { name: 'two', partitionCount: 3, consumerGroups: ['$Default'] },
];
const NOON_MS = Date.UTC(2026, 10, 22, 12);

describe('event log', function () {
  this.timeout(20_000);
  let folder: string;
  let path: string;
  let log: EventLog;

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'event-log-'));
    path = join(folder, 'event-hubs.db');
    log = openEventLog(path, HUBS);
  });

  afterEach(async () => {
    await log.close();
    await rm(folder, { recursive: true });
  });

  const bodies = (hub: string, partitionId: string, after = -1, limit = 10_000) =>
    log.read(hub, partitionId, after, limit).map(({ body }) => body.toString());

  it('gives back what was appended, with everything that belongs to it', async () => {
    const event: NewEvent = {
      body: Buffer.from('{"temp":70.5}'),
      properties: { kind: 'average', gateway: 'gateway-01', empty: '' },
      messageId: 'average/Meter07/x/r0',
      correlationId: 'c-1',
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      annotations: {
        'iothub-connection-device-id': 'Meter07',
        'iothub-enqueuedtime': new Date(NOON_MS),
        count: 3,
        ratio: -0.25,
      },
    };
    const beforeMs = Date.now();

    await log.append('one', { partitionKey: 'Meter07' }, [event]);

    const [stored] = ['0', '1'].flatMap((id) => log.read('one', id, -1, 10));
    assert.ok(stored !== undefined);
    assert.ok(stored.enqueuedMs >= beforeMs && stored.enqueuedMs <= Date.now());
    const { enqueuedMs: _, ...rest } = stored;
    assert.deepEqual(rest, { ...event, sequenceNumber: 0, offset: '0', partitionKey: 'Meter07' });
  });

  it('counts sequence numbers up in each partition, across restarts, without hole or repeat', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step(), { maxLength: 12 }), async (steps) => {
        const each = await mkdtemp(join(folder, 'law-'));
        const model = new Map<string, string[]>();
        let law = openEventLog(join(each, 'log.db'), HUBS);
        for (const [index, { hub, partitionId, sizes, restart }] of steps.entries()) {
          const known = model.get(`${hub}/${partitionId}`) ?? [];
          await Promise.all(
            sizes.map((count, batch) => {
              const texts = Array.from({ length: count }, (_, n) => `${index}.${batch}.${n}`);
              known.push(...texts);
              return law.append(hub, { partitionId }, texts.map(textEvent));
            }),
          );
          model.set(`${hub}/${partitionId}`, known);
          if (!restart) continue;
          await law.close();
          law = openEventLog(join(each, 'log.db'), HUBS);
        }
        for (const [place, texts] of model) {
          const [hub = '', partitionId = ''] = place.split('/');
          const stored = law.read(hub, partitionId, -1, 10_000);
          assert.deepEqual(
            stored.map(({ sequenceNumber, body }) => [sequenceNumber, body.toString()]),
            texts.map((text, sequenceNumber) => [sequenceNumber, text]),
          );
          assert.equal(law.partition(hub, partitionId).lastSequenceNumber, texts.length - 1);
        }
        await law.close();
      }),
      { numRuns: 25 },
    );
  });

  it('leaves no hole where a transaction was rolled back', () => {
    const database = openDatabase(join(folder, 'store.db'), MIGRATIONS);
    const store = new PartitionStore(database);
    const { number } = store.ensure('one', '0', NOON_MS);
    const append = database.transaction((text: string, fail: boolean) => {
      store.append(number, [encodeEvent(textEvent(text))], NOON_MS);
      if (fail) throw new Error('rolled back');
    });

    append('kept', false);
    assert.throws(() => append('lost', true), /rolled back/);
    append('next', false);

    assert.deepEqual(
      store.page(number, -1, 10).map(({ sequenceNumber }) => sequenceNumber),
      [0, 1],
    );
    database.close();
  });

  it('keeps the events of one key in one partition, in order', async () => {
    const keys = ['Meter01', 'Meter02', 'Meter03', 'gateway-01'];
    const appends = Array.from({ length: 200 }, (_, index) => ({
      partitionKey: keys[index % keys.length] ?? '',
      text: String(index).padStart(3, '0'),
    }));
    await Promise.all(
      appends.map(({ partitionKey, text }) =>
        log.append('two', { partitionKey }, [textEvent(text)]),
      ),
    );

    const stored = ['0', '1', '2'].map((id) => log.read('two', id, -1, 1000));
    for (const key of keys) {
      const places = stored.filter((events) => events.some((event) => event.partitionKey === key));
      assert.equal(places.length, 1);
      const texts = places.flat().filter((event) => event.partitionKey === key);
      assert.equal(texts.length, 50);
      assert.deepEqual(
        texts.map(({ body }) => body.toString()),
        texts.map(({ body }) => body.toString()).toSorted(),
      );
    }
  });

  it('takes the partitions in turn when nothing is chosen, a batch staying together', async () => {
    for (const text of ['a', 'b', 'c']) {
      await log.append('two', undefined, [textEvent(`${text}1`), textEvent(`${text}2`)]);
    }

    const all = ['0', '1', '2'].map((id) => bodies('two', id).join(' '));
    assert.deepEqual(all.toSorted(), ['a1 a2', 'b1 b2', 'c1 c2']);
  });

  it('reads from any place, as many as asked for', async () => {
    const texts = Array.from({ length: 50 }, (_, index) => String(index));
    await log.append('one', { partitionId: '1' }, texts.map(textEvent));

    assert.deepEqual(bodies('one', '1', 9, 3), ['10', '11', '12']);
    assert.deepEqual(bodies('one', '1', 49), []);
    assert.deepEqual(bodies('one', '0'), []);
  });

  it('reads beyond a page of large events', async () => {
    const large = Array.from({ length: 12 }, () => Buffer.alloc(256 * 1024, 'x'));
    await log.append('one', { partitionId: '0' }, large.map(bodyEvent));

    assert.ok(log.readPage('one', '0', -1, 100).length < large.length);
    assert.equal(log.read('one', '0', -1, 100).length, large.length);
  });

  it('tells listeners after the events can be read', async () => {
    const seen: string[][] = [];
    const unsubscribe = log.onAppended((hub, id) => seen.push([hub, id, ...bodies(hub, id)]));

    await log.append('two', { partitionId: '2' }, [textEvent('a')]);
    unsubscribe();
    await log.append('two', { partitionId: '2' }, [textEvent('b')]);

    assert.deepEqual(seen, [['two', '2', 'a']]);
  });

  it('refuses hubs and partitions that do not exist', async () => {
    const targets: [string, AppendTarget, RegExp][] = [
      ['none', undefined, /no event hub 'none'/],
      ['one', { partitionId: '2' }, /'one' has no partition '2'/],
    ];
    for (const [hub, target, message] of targets) {
      const refused = { message, code: 'ENTITY_NOT_FOUND' };
      await assert.rejects(log.append(hub, target, [textEvent('x')]), refused);
    }
    assert.throws(() => log.read('one', '7', -1, 1), /no partition '7'/);
  });

  it('describes empty partitions as the service does', () => {
    assert.deepEqual(log.partition('one', '0'), {
      beginSequenceNumber: 0,
      lastSequenceNumber: -1,
      lastOffset: '-1',
      lastEnqueuedMs: 0,
    });
  });

  it('names a damaged file and the remedy', async () => {
    const damaged = join(folder, 'damaged.db');
    await writeFile(damaged, 'not a database, whatever it is called');

    assert.throws(() => openEventLog(damaged, HUBS), /damaged\.db cannot be used.*--fresh/);
  });
});

function step(): fc.Arbitrary<{
  hub: string;
  partitionId: string;
  sizes: number[];
  restart: boolean;
}> {
  return fc.record({
    hub: fc.constantFrom('one', 'two'),
    partitionId: fc.constantFrom('0', '1'),
    sizes: fc.array(fc.integer({ min: 0, max: 4 }), { maxLength: 4 }),
    restart: fc.boolean(),
  });
}

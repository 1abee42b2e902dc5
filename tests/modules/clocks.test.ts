/** Gateway clocks that are wrong, and that are set: no reading is lost, and no window wrong. */
import assert from 'node:assert/strict';
import { anomalyDetector } from '../../modules/anomaly-detector/src/anomaly-detector.ts';
import { averager } from '../../modules/averager/src/averager.ts';
import type { Anomaly, Average } from '../../modules/shared/src/wire-contract.ts';
import { storeAndForward } from '../../modules/store-and-forward/src/store-and-forward.ts';
import { FakeClock } from '../support/fake-clock.ts';
import type { FakeEdgeClient } from '../support/fake-edge-client.ts';
import { FakeModule } from '../support/fake-module.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;
const TRUE_MS = Date.parse('2026-11-22T12:00:00Z');
const INTERVAL_MS = 10_000;
const READINGS = 95;
/** When the clock is set, in readings. */
const STEP_AT = 50;

/** How far the gateway's clock is from the truth, before and after it is set. */
const CLOCKS: Readonly<Record<string, readonly [beforeMs: number, afterMs: number]>> = {
  'is right': [0, 0],
  'begins in 1970 and is set right': [-TRUE_MS, 0],
  'begins in 1970 and is never set': [-TRUE_MS, -TRUE_MS],
  'begins where it was when the power went, hours ago, and is set right': [-6 * HOUR_MS, 0],
  'begins with the date of its image, months ago, and is never set': [-YEAR_MS / 2, -YEAR_MS / 2],
  'is right and is set back by hours': [0, -5 * HOUR_MS],
  'is right and is set forward by hours': [0, 5 * HOUR_MS],
  'is right and is set forward by years': [0, 10 * YEAR_MS],
  'is years ahead and is set right': [10 * YEAR_MS, 0],
};

const reading = (index: number) => ({
  id: 'Meter01',
  time: new Date(TRUE_MS + index * INTERVAL_MS).toISOString(),
  temp: index === 80 ? 95 : 70 + ((index * 7) % 10) / 100,
  seq: index,
});

for (const [what, [beforeMs, afterMs]] of Object.entries(CLOCKS)) {
  describe(`a gateway whose clock ${what}`, function () {
    this.timeout(10_000);
    const clockOf = () => {
      const clock = new FakeClock(new Date(TRUE_MS).toISOString());
      clock.step(beforeMs);
      return clock;
    };
    /** Readings as they are measured, in true time. */
    const live = async (
      module: {
        readonly clock: FakeClock;
        readonly client: FakeEdgeClient;
      },
      input: string,
    ) => {
      for (let index = 0; index < READINGS; index += 1) {
        if (index === STEP_AT) module.clock.step(afterMs - beforeMs);
        const { acknowledged } = await module.client.deliver(input, reading(index));
        assert.ok(acknowledged);
        await module.clock.advance(INTERVAL_MS);
      }
    };
    const steps = (module: { status(): Record<string, unknown> }) =>
      (module.status()['clock'] as { steps: number }).steps;

    it('averages every reading once, each window as it should be, and records the step', async () => {
      const module = new FakeModule(averager, {}, clockOf());
      module.client.connect({ latenessSeconds: 0 });
      await live(module, 'readings');

      const averages = module.client.bodies('averages') as Average[];
      // Windows of 300 s: with the one that begins at noon exactly, all but the last are closed.
      assert.deepEqual(
        averages.map(({ count, revision }) => [count, revision]),
        [
          [1, 0],
          [30, 0],
          [30, 0],
          [30, 0],
        ],
      );
      assert.equal(module.status()['quarantined'], 0);
      assert.equal(steps(module), beforeMs === afterMs ? 0 : 1);
      await module.end();
    });

    it('finds the anomaly, and scores every reading', async () => {
      const module = new FakeModule(anomalyDetector, {}, clockOf());
      module.client.connect();
      await live(module, 'readings');

      const anomalies = module.client.bodies('anomalies') as Anomaly[];
      assert.deepEqual(
        anomalies.map(({ seq }) => seq),
        [80],
      );
      assert.deepEqual([module.status()['late'], module.status()['quarantined']], [0, 0]);
      await module.end();
    });

    // Of hours nothing could expire.
    if (Math.abs(beforeMs - afterMs) < YEAR_MS) return;

    it('lets nothing of the backlog expire, and sends all of it', async () => {
      const module = new FakeModule(storeAndForward, {}, clockOf());
      module.client.connect({ timeToLiveSeconds: 86_400, maxMessageBytes: 4_096 });
      module.client.fails = true;
      await live(module, 'telemetry');
      await module.clock.advance(60_000);
      module.client.fails = false;
      await module.restart();
      module.client.connect({ timeToLiveSeconds: 86_400, maxDelaySeconds: 1 });
      await module.clock.advance(120_000);

      const sent = new Set(
        module.client.sent
          .filter(({ properties }) => properties['kind'] === 'telemetry')
          .flatMap(({ body }) => JSON.parse(body) as { seq: number }[])
          .map(({ seq }) => seq),
      );
      assert.equal(sent.size, READINGS);
      assert.deepEqual(
        module.client.sent.filter(({ properties }) => properties['kind'] === 'ledger'),
        [],
      );
      await module.end();
    });
  });
}

describe('a meter whose clock was ahead before the gateway’s could be told from it', () => {
  it('is averaged and scored again once the gateway’s clock is confirmed', async () => {
    const clock = new FakeClock(new Date(TRUE_MS).toISOString());
    const modules = [
      new FakeModule(averager, {}, clock),
      new FakeModule(anomalyDetector, {}, clock),
    ];
    for (const { client } of modules) client.connect();
    const far = { ...reading(0), time: '2031-01-01T00:00:00Z' };
    for (let index = 0; index < 40; index += 1) {
      for (const { client } of modules) {
        const one = { ...reading(index + 1), id: 'Meter02' };
        await client.deliver('readings', index === 0 ? far : [reading(index), one]);
      }
      await clock.advance(INTERVAL_MS);
    }

    for (const module of modules) {
      assert.ok(Number(module.status()['late']) <= 2, String(module.status()['late']));
      // What came before the other meters were heard.
      assert.ok(Number(module.status()['quarantined']) <= 1);
    }
    await Promise.all(modules.map((module) => module.end()));
  });
});

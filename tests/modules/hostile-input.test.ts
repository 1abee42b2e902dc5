import assert from 'node:assert/strict';
import { anomalyDetector } from '../../modules/anomaly-detector/src/anomaly-detector.ts';
import { averager } from '../../modules/averager/src/averager.ts';
import { storeAndForward } from '../../modules/store-and-forward/src/store-and-forward.ts';
import { FakeModule } from '../support/fake-module.ts';

const LEAF = { properties: { '$.cdid': 'Meter01' } };
const GOOD = { id: 'Meter01', time: '2026-06-01T11:00:00Z', temp: 70 };
const DEEP = `${'['.repeat(100_000)}${']'.repeat(100_000)}`;

/** Bodies that one registered meter can send, and that must not end or stop a module. */
const BODIES: Readonly<Record<string, string>> = {
  'is nested deeper than the stack': DEEP,
  'carries a field that is nested deeper than the stack': JSON.stringify({
    ...GOOD,
    seq: 1,
  }).replace('}', `,"extra":${DEEP}}`),
  'holds temperatures whose sum is not a number': JSON.stringify([
    { ...GOOD, seq: 1, temp: 1.7e308, time: '2026-06-01T11:00:02Z' },
    { ...GOOD, seq: 2, temp: 1.7e308, time: '2026-06-01T11:00:01Z' },
  ]),
  'has the largest seq there is': JSON.stringify({ ...GOOD, seq: Number.MAX_SAFE_INTEGER }),
  'has a time of thousands of digits': JSON.stringify({
    ...GOOD,
    seq: 1,
    time: `2026-06-01T11:00:00.${'0'.repeat(20_000)}Z`,
  }),
};

/** One module of each kind, its input, and how it is started. */
const MODULES = [
  { name: 'averager', input: 'readings', start: () => new FakeModule(averager) },
  { name: 'anomaly-detector', input: 'readings', start: () => new FakeModule(anomalyDetector) },
  { name: 'store-and-forward', input: 'telemetry', start: () => new FakeModule(storeAndForward) },
];

for (const { name, input, start } of MODULES) {
  describe(`${name}, when a meter's message`, () => {
    for (const [what, body] of Object.entries(BODIES)) {
      it(`${what}, puts it aside and goes on, also after a restart`, async () => {
        const module = start();
        try {
          module.client.connect();
          const hostile = await module.client.deliver(input, body, LEAF);
          assert.ok(hostile.acknowledged);
          assert.ok(Number(module.status()['quarantined']) > 0);

          await module.restart();
          const good = await module.client.deliver(input, { ...GOOD, seq: 5 }, LEAF);
          assert.ok(good.acknowledged);
        } finally {
          await module.end();
        }
      });
    }
  });
}

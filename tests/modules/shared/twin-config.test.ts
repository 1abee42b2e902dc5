import assert from 'node:assert/strict';
import { anomalyDetector } from '../../../modules/anomaly-detector/src/anomaly-detector.ts';
import { AnomalyDetectorConfig } from '../../../modules/anomaly-detector/src/config.ts';
import { averager } from '../../../modules/averager/src/averager.ts';
import type { ReportedProperty } from '../../../modules/shared/src/twin-config.ts';
import { applyDesired, keptConfig } from '../../../modules/shared/src/twin-config.ts';
import { FakeModule } from '../../support/fake-module.ts';

const DEFAULTS = AnomalyDetectorConfig.parse({});

const apply = (properties: Record<string, unknown>, lastGood = DEFAULTS) =>
  applyDesired(AnomalyDetectorConfig, lastGood, { version: 7, properties });

describe('desired properties', () => {
  it('take effect one by one, and are reported with their version', () => {
    const { config, reported, problems } = apply({ historySize: 60, mode: 'dips' });

    assert.deepEqual(config, { ...DEFAULTS, historySize: 60, mode: 'dips' });
    assert.deepEqual(reported['historySize'], { value: 60, ac: 200, av: 7, ad: 'desired' });
    assert.deepEqual(reported['variant'], { value: 'steps', ac: 200, av: 7, ad: 'default' });
    assert.deepEqual(problems, []);
  });

  it('that are bad are refused, with the reason, and hold up no good one', () => {
    const lastGood = { ...DEFAULTS, historySize: 60 };
    const { config, reported, problems } = apply({ historySize: 1, mode: 'dips' }, lastGood);

    assert.deepEqual(config, { ...lastGood, mode: 'dips' });
    assert.deepEqual(reported['historySize'], {
      value: 60,
      ac: 400,
      av: 7,
      ad: 'Too small: expected number to be >=2',
    });
    assert.equal(reported['mode']?.ac, 200);
    assert.deepEqual(problems, ['historySize: Too small: expected number to be >=2']);
  });

  it('that are objects are refused as a whole for one bad member', () => {
    const good = { Meter01: { confidence: 99 } };
    const bad = [
      { Meter02: { confidence: 98 }, Meter03: { confidence: 'much' } },
      { Meter02: { confidence: 98, colour: 'blue' } },
      { Meter02: null },
      [],
    ];
    for (const meters of bad) {
      const { config, reported } = apply({ meters }, { ...DEFAULTS, meters: good });

      assert.deepEqual(config.meters, good);
      assert.deepEqual([reported['meters']?.value, reported['meters']?.ac], [good, 400]);
    }
  });

  it('that nobody knows are refused', () => {
    const { config, reported } = apply({ colour: 'blue' });

    assert.deepEqual(config, DEFAULTS);
    assert.deepEqual(reported['colour'], { value: null, ac: 400, av: 7, ad: 'no such property' });
  });

  it('of an earlier version of the module are given up where they do not fit any more', () => {
    assert.deepEqual(keptConfig(AnomalyDetectorConfig, { ...DEFAULTS, mode: 'odd' }), DEFAULTS);
    assert.deepEqual(keptConfig(AnomalyDetectorConfig, undefined), DEFAULTS);
  });
});

describe('a module with a bad desired property', function () {
  this.timeout(10_000);
  const reading = (id: string, seconds: number, temp: number) => ({
    id,
    time: new Date(Date.parse('2026-06-01T10:00:00Z') + seconds * 1_000).toISOString(),
    temp,
    seq: seconds / 10,
  });

  it('works by the last good value, also after a restart without its twin', async () => {
    const module = new FakeModule(averager);
    module.client.connect({ windowSeconds: 60 });
    module.client.handlers.desired({ version: 2, properties: { windowSeconds: 0 } });
    await module.client.deliver('readings', [reading('a', 10, 70), reading('a', 100, 70)]);
    await module.restart();
    module.client.handlers.connected();
    await module.client.deliver('readings', reading('a', 200, 70));

    assert.deepEqual(
      module.client.sent.map(({ messageId }) => messageId),
      ['average/a/2026-06-01T10:02:00Z/r0'],
    );
    await module.end();
  });

  it('keeps what it knew of single meters when one of them is set wrongly', async () => {
    const module = new FakeModule(anomalyDetector);
    module.client.connect({ meters: { quiet: { mode: 'dips' } } });
    module.client.handlers.desired({
      version: 2,
      properties: { meters: { quiet: { mode: 'spikes' }, other: { mode: 'odd' } } },
    });
    const { meters } = module.client.reports.at(-1) as { meters: ReportedProperty };
    assert.deepEqual([meters.value, meters.ac, meters.av], [{ quiet: { mode: 'dips' } }, 400, 2]);

    for (const id of ['quiet', 'other']) {
      const usual = Array.from({ length: 60 }, (_, n) => reading(id, n * 10, 70 + (n % 5) / 10));
      await module.client.deliver('readings', [...usual, reading(id, 600, 95)]);
    }
    const anomalies = module.client.bodies('anomalies') as { id: string }[];
    assert.deepEqual(
      anomalies.map(({ id }) => id),
      ['other'],
    );
    await module.end();
  });
});

import assert from 'node:assert/strict';
import { readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { meterSimulator } from '../../../modules/meter-simulator/src/meter-simulator.ts';
import type { Reading } from '../../../modules/shared/src/wire-contract.ts';
import { readVirtualJournal } from '../../../simulator/proof/oracle/measured.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeModule } from '../../support/fake-module.ts';

const MOST_BYTES = 16_777_216;

describe('meter simulator', function () {
  this.timeout(10_000);
  let module: FakeModule<typeof meterSimulator.schema.shape>;
  const readings = () => module.client.bodies('readings').flat() as Reading[];
  const journal = () =>
    readVirtualJournal(module.databasePath).flatMap(({ id, readings: all }) =>
      all.map(({ seq, time, temp }) => ({ id, time, temp, seq })),
    );

  const truthFile = () => readFileSync(join(module.folder, 'ground-truth.csv'), 'utf8');

  beforeEach(() => {
    module = new FakeModule(meterSimulator);
    module.client.withholds = true;
  });

  afterEach(() => module.end());

  it('is silent by default', async () => {
    module.client.connect();
    await module.clock.advance(60_000);

    assert.equal(module.client.sent.length, 0);
  });

  it('sends the readings of all its meters in one message per interval', async () => {
    module.client.connect({ virtualMeters: 3, intervalSeconds: 10 });
    await settled();
    await module.clock.advance(20_500);

    assert.equal(module.client.sent.length, 3);
    assert.deepEqual(
      readings().map(({ id }) => id.slice(-9)),
      Array.from({ length: 3 }, () => ['Virtual01', 'Virtual02', 'Virtual03']).flat(),
    );
    assert.match(
      module.client.sent[0]?.messageId ?? '',
      /^telemetry\/gateway-01-Virtual\/\d+-\d+$/,
    );
  });

  it('has a reading in its journal before anybody can see it', async () => {
    module.client.connect({ virtualMeters: 2, intervalSeconds: 10 });
    await settled();
    assert.equal(journal().length, 2);
    assert.deepEqual(journal(), readings());
  });

  it('counts on across a restart, from the time of installation', async () => {
    const installedMs = module.clock.nowMs();
    module.client.connect({ virtualMeters: 1, intervalSeconds: 10 });
    await settled();
    await module.clock.advance(10_500);
    await module.restart();
    module.client.connect({ virtualMeters: 1, intervalSeconds: 10 });
    await module.clock.advance(10_000);

    assert.deepEqual(
      journal().map(({ seq }) => (seq ?? 0) - installedMs),
      [0, 1, 2],
    );
  });

  it('spreads a large fleet over the interval, the same meters at the same instants', async () => {
    module.client.connect({ virtualMeters: 2_000, intervalSeconds: 20 });
    await settled();
    await module.clock.advance(39_900);

    const times = module.client.sent.map(({ body }) => (JSON.parse(body) as Reading[])[0]?.time);
    assert.deepEqual(
      times.map((time) => (Date.parse(time ?? '') / 1_000) % 60),
      [0, 5, 10, 15, 20, 25, 30, 35],
    );
    assert.equal(readings().length, 4_000);
    assert.equal(module.status()['measuredReadings'], 4_000);
  });

  it('sends as many readings in a message as its twin says, and the same ones', async () => {
    module.client.connect({ virtualMeters: 7, intervalSeconds: 10, readingsPerMessage: 3 });
    await settled();
    assert.deepEqual(
      module.client.bodies('readings').map((body) => (body as unknown[]).length),
      [3, 3, 1],
    );
    assert.deepEqual(journal(), readings());
  });

  it('does not make up for what was due while it stood still, and says what was left out', async () => {
    module.client.withholds = false;
    module.client.connect({ virtualMeters: 3, intervalSeconds: 10 });
    await settled();
    const first = readings().length;
    module.clock.stall(60_000);
    await module.clock.advance(4_000);

    const { groundTruth, behindSeconds } = module.status();
    assert.equal((groundTruth as Record<string, number>)['not-measured'], 15);
    assert.equal(behindSeconds, 0);
    const seqs = readings().map(({ id, seq }) => `${id} ${seq}`);
    assert.equal(readings().length, first + 3);
    assert.equal(new Set(seqs).size, seqs.length);
    assert.match(truthFile(), /^\d+,\*,\S+,\S+,not-measured,15$/m);
  });

  it('stops measuring when edgeHub takes nothing, instead of filling the disk', async () => {
    module.client.connect({ virtualMeters: 20_000, intervalSeconds: 5, maxDiskBytes: MOST_BYTES });
    await settled();
    await module.clock.advance(60_000);

    const { outboxBytes, groundTruth } = module.status();
    assert.ok(Number(outboxBytes) < MOST_BYTES / 2, `${Number(outboxBytes)} bytes`);
    assert.ok(((groundTruth as Record<string, number>)['not-measured'] ?? 0) > 20_000);
    assert.ok(statSync(module.databasePath).size <= MOST_BYTES);

    await module.client.release();
    await module.clock.advance(10_000);
    const seqs = readings().map(({ id, seq }) => `${id} ${seq}`);
    assert.equal(new Set(seqs).size, seqs.length);
    assert.equal(module.status()['outboxRows'], 0);
  });

  it('sends what it held back after a restart, late and twice as the ground truth says', async () => {
    module.client.withholds = false;
    const faulty = { latePercent: 50, repeatPercent: 50, lateSeconds: 30 };
    module.client.connect({ virtualMeters: 40, intervalSeconds: 10, ...faulty });
    await settled();
    await module.clock.advance(20_000);
    const before = module.client.bodies('readings').flat() as Reading[];
    await module.restart();
    module.client.connect({ virtualMeters: 0, ...faulty });
    await module.clock.advance(70_000);

    const sent = [...before, ...readings()];
    const keys = sent.map(({ id, seq }) => `${id} ${seq}`);
    const { groundTruth, heldReadings, measuredReadings } = module.status();
    assert.equal(heldReadings, 0);
    assert.equal(measuredReadings, 120);
    assert.equal(new Set(keys).size, 120);
    const counts = groundTruth as Record<string, number>;
    assert.equal(keys.length, 120 + (counts['repeat'] ?? 0));
    assert.ok((counts['late'] ?? 0) > 10 && (counts['out-of-order'] ?? 0) > 10);
    const lines = truthFile().trim().split('\n').slice(1);
    assert.equal(lines.filter((line) => line.includes(',repeat,')).length, counts['repeat']);
    assert.equal(journal().length, 120);
  });

  it('follows a wall clock that is set, and uses no number twice', async () => {
    module.client.withholds = false;
    module.client.connect({ virtualMeters: 3, intervalSeconds: 10 });
    await settled();
    await module.clock.advance(20_000);
    module.clock.step(-4 * 3_600_000);
    await module.clock.advance(20_000);

    assert.equal(readings().at(-1)?.time.slice(0, 15), '2026-06-01T08:0');
    const seqs = readings().map(({ id, seq }) => `${id} ${seq}`);
    assert.equal(new Set(seqs).size, seqs.length);
  });
});

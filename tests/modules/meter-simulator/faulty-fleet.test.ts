/** A fleet with all its faults through the modules of a gateway, held against its own ground truth. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { z } from 'zod';
import { anomalyDetector } from '../../../modules/anomaly-detector/src/anomaly-detector.ts';
import { averager } from '../../../modules/averager/src/averager.ts';
import { meterSimulator } from '../../../modules/meter-simulator/src/meter-simulator.ts';
import type { Average, Reading } from '../../../modules/shared/src/wire-contract.ts';
import { storeAndForward } from '../../../modules/store-and-forward/src/store-and-forward.ts';
import { readVirtualJournal } from '../../../simulator/proof/oracle/measured.ts';
import { settled } from '../../support/fake-clock.ts';
import { FakeModule } from '../../support/fake-module.ts';

const INTERVAL_MS = 20_000;
const WINDOW_MS = 60_000;
const STEP_MS = 10_000;
const MINUTE_STEPS = 60_000 / STEP_MS;
const FAULTY = {
  virtualMeters: 12,
  intervalSeconds: INTERVAL_MS / 1_000,
  levelShiftsPerDay: 30,
  stuckPerDay: 60,
  missingPerDay: 120,
  outagesPerDay: 60,
  outageHours: 0.1,
  latePercent: 10,
  repeatPercent: 10,
  lateSeconds: 60,
  clockDriftSecondsPerDay: 5,
};

interface Line {
  readonly meter: string;
  readonly from: string;
  readonly to: string;
  readonly kind: string;
  readonly size: number;
}

describe('a fleet with faults', function () {
  this.timeout(60_000);
  let simulator: FakeModule<typeof meterSimulator.schema.shape>;
  let averages: FakeModule<typeof averager.schema.shape>;
  let detector: FakeModule<typeof anomalyDetector.schema.shape>;
  let store: FakeModule<typeof storeAndForward.schema.shape>;
  let truth: Line[];
  let measured: Map<string, Reading>;

  before(async () => {
    simulator = new FakeModule(meterSimulator);
    averages = new FakeModule(averager);
    detector = new FakeModule(anomalyDetector);
    store = new FakeModule(storeAndForward);
    averages.client.connect({ windowSeconds: WINDOW_MS / 1_000, silenceSeconds: 90 });
    detector.client.connect();
    store.client.connect();
    simulator.client.connect(FAULTY);
    await settled();
    await run(20 * MINUTE_STEPS);
    simulator.client.handlers.desired({
      version: 2,
      properties: { ...FAULTY, outagesPerDay: 0 },
    });
    await run(8 * MINUTE_STEPS);
    simulator.client.handlers.desired({ version: 3, properties: {} });
    await run(5 * MINUTE_STEPS);
    truth = readTruth();
    measured = new Map(
      readVirtualJournal(simulator.databasePath).flatMap(({ id, readings }) =>
        readings.map(({ seq, time, temp }) => [`${id} ${seq}`, { id, time, temp, seq }] as const),
      ),
    );
  });

  after(() => Promise.all([simulator, averages, detector, store].map((module) => module.end())));

  /** What the simulator sends reaches the others; all clocks go on together. */
  async function run(steps: number): Promise<void> {
    for (let step = 0; step < steps; step += 1) {
      await simulator.clock.advance(STEP_MS);
      for (const { body, messageId } of simulator.client.sent.splice(0)) {
        for (const [module, input] of receivers()) {
          await module.client.deliver(input, body, { messageId });
        }
      }
      for (const [module] of receivers()) await module.clock.advance(STEP_MS);
    }
  }

  function receivers(): [Pick<FakeModule<z.ZodRawShape>, 'client' | 'clock'>, string][] {
    return [
      [averages, 'readings'],
      [detector, 'readings'],
      [store, 'telemetry'],
    ];
  }

  function readTruth(): Line[] {
    const [, ...lines] = readFileSync(join(simulator.folder, 'ground-truth.csv'), 'utf8')
      .trim()
      .split('\n');
    return lines.map((line) => {
      const [, meter = '', from = '', to = '', kind = '', size] = line.split(',');
      return { meter, from, to, kind, size: Number(size) };
    });
  }

  const linesOf = (kind: string) => truth.filter((line) => line.kind === kind);
  const endedOf = (kind: string) => linesOf(kind).filter(({ to }) => to !== '');

  it('has faults of every kind', () => {
    for (const kind of ['late', 'out-of-order', 'repeat', 'clock-drift']) {
      assert.ok(linesOf(kind).length > 5, kind);
    }
    for (const kind of ['missing', 'outage', 'stuck']) assert.ok(endedOf(kind).length > 1, kind);
    assert.equal(linesOf('not-measured').length, 0);
  });

  it('forwards every reading once, and nothing else', () => {
    const forwarded = store.client.bodies('upstream').flat() as Reading[];
    const telemetry = forwarded.filter(({ seq }) => seq !== undefined);
    assert.equal(telemetry.length, measured.size);
    for (const reading of telemetry) {
      assert.deepEqual(reading, measured.get(`${reading.id} ${reading.seq}`));
    }
    assert.equal(store.status()['quarantined'], 0);
    assert.equal(store.status()['repeats'], linesOf('repeat').length);
  });

  it('leaves out only the numbers that the ground truth says are missing', () => {
    const byMeter = grouped(measured.values(), ({ id }) => id);
    let gone = 0;
    for (const readings of byMeter.values()) {
      const seqs = readings.map(({ seq = 0 }) => seq);
      gone += Math.max(...seqs) - Math.min(...seqs) + 1 - seqs.length;
    }
    const missing = endedOf('missing').reduce((sum, { size }) => sum + size, 0);
    // A run that goes on when the meters stop is not between two readings.
    assert.ok(gone <= missing && missing - gone <= FAULTY.virtualMeters * 20);
  });

  it('averages every reading in its window, revised when it came late', () => {
    const last = new Map<string, Average>();
    const sent = averages.client.bodies('averages').flat() as Average[];
    for (const average of sent) {
      const key = `${average.id} ${Date.parse(average.windowEnd)}`;
      const before = last.get(key);
      assert.equal(average.revision, before === undefined ? 0 : before.revision + 1);
      last.set(key, average);
    }
    const windows = grouped(
      measured.values(),
      ({ id, time }) => `${id} ${Math.ceil(Date.parse(time) / WINDOW_MS) * WINDOW_MS}`,
    );
    assert.deepEqual([...last.keys()].toSorted(), [...windows.keys()].toSorted());
    for (const [key, readings] of windows) {
      const temps = readings.map(({ temp }) => temp);
      const mean = temps.reduce((sum, temp) => sum + temp, 0) / temps.length;
      assert.equal(last.get(key)?.count, temps.length);
      assert.ok(Math.abs((last.get(key)?.average ?? 0) - mean) < 1e-9);
    }
    assert.ok([...last.values()].some(({ revision }) => revision > 0));
    assert.equal(averages.status()['repeats'], linesOf('repeat').length);
  });

  it('scores no reading twice', () => {
    const { received, repeats, quarantined } = detector.status();
    // What comes late from before a meter's first reading is taken for a repeat, too.
    const before = Number(repeats) - linesOf('repeat').length;
    assert.ok(before >= 0 && before <= FAULTY.virtualMeters, `${before}`);
    assert.equal(received, measured.size + linesOf('repeat').length);
    assert.equal(quarantined, 0);
    const ids = detector.client.sent.map(({ messageId }) => messageId);
    assert.equal(new Set(ids).size, ids.length);
  });
});

function grouped(readings: Iterable<Reading>, keyOf: (reading: Reading) => string) {
  const groups = new Map<string, Reading[]>();
  for (const reading of readings) {
    const key = keyOf(reading);
    groups.set(key, [...(groups.get(key) ?? []), reading]);
  }
  return groups;
}

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  normalQuantile,
  normalUpperTail,
} from '../../../modules/anomaly-detector/src/core/normal-distribution.ts';
import { StepDetector } from '../../../modules/anomaly-detector/src/core/step-detector.ts';
import { Random } from '../../../modules/meter-simulator/src/core/random.ts';

const OPTIONS = { confidence: 99.999997, historySize: 120, mode: 'spikesanddips' } as const;

/** A swing of 2.5 degrees a day and noise of half a degree with memory, every ten seconds. */
function meterValues(count: number, seed = 1): number[] {
  const random = new Random(seed);
  let noise = 0;
  return Array.from({ length: count }, (_, index) => {
    noise = 0.6 * noise + 0.4 * random.gaussian();
    return 70 + 2.5 * Math.sin((2 * Math.PI * index) / 8_640) + noise;
  });
}

/** Positions of the anomalies. */
function anomaliesOf(values: readonly number[], detector = new StepDetector(OPTIONS)): number[] {
  return [...values.entries()]
    .filter(([, value]) => detector.next(value).isAnomaly)
    .map(([at]) => at);
}

describe('a step detector', () => {
  it('finds single values ten deviations off, each once, and nothing else', () => {
    const values = meterValues(20_000);
    const injected = Array.from({ length: 18 }, (_, index) => 1_000 * (index + 1));
    for (const [index, at] of injected.entries())
      values[at] = (values[at] ?? 0) + (index % 2 === 0 ? 5 : -5);

    assert.deepEqual(anomaliesOf(values), injected);
  });

  it('finds a level that shifts by three deviations, and takes the return from it for none', () => {
    const values = meterValues(2_000).map((value, at) =>
      at >= 1_000 && at < 1_100 ? value + 3 : value,
    );

    const found = anomaliesOf(values);

    assert.equal(found.length, 1);
    assert.ok((found[0] ?? 0) >= 1_000 && (found[0] ?? 0) < 1_030, `found at ${found.join()}`);
  });

  it('raises nothing among the first readings of a thousand meters, while it learns their noise', () => {
    const alerts = Array.from({ length: 1_000 }, (_, seed) => anomaliesOf(meterValues(200, seed)));

    assert.deepEqual(alerts.flat(), []);
  });

  it('says what it expected, and in which direction the value departs', () => {
    const detector = new StepDetector(OPTIONS);
    for (const value of meterValues(500)) detector.next(value);

    const verdict = detector.next(40);

    assert.ok(verdict.isAnomaly);
    assert.equal(verdict.direction, 'dip');
    assert.ok(Math.abs(verdict.usual - 70) < 5);
    assert.equal(verdict.score, 1e-8);
  });

  it('watches one direction when told to', () => {
    const values = meterValues(3_000);
    values[1_000] = 100;
    values[2_000] = 40;

    assert.deepEqual(anomaliesOf(values, new StepDetector({ ...OPTIONS, mode: 'dips' })), [2_000]);
    assert.deepEqual(
      anomaliesOf(values, new StepDetector({ ...OPTIONS, mode: 'spikes' })),
      [1_000],
    );
  });

  it('is neither deaf nor blind after a huge value', () => {
    fc.assert(
      fc.property(
        fc.double({ min: 1e5, max: Number.MAX_VALUE, noNaN: true }),
        fc.boolean(),
        (huge, negative) => {
          const plain = meterValues(1_200, 7);
          plain[1_000] = 90;
          const spoiled = [...plain];
          spoiled[500] = negative ? -huge : huge;

          assert.deepEqual(anomaliesOf(spoiled), [500, ...anomaliesOf(plain)]);
        },
      ),
      { numRuns: 30 },
    );
  });

  it('is left unchanged by a value that is not a finite number', () => {
    const detector = new StepDetector(OPTIONS);
    for (const value of meterValues(200)) detector.next(value);
    const before = detector.snapshot();

    for (const value of [Number.NaN, Infinity, -Infinity]) {
      assert.deepEqual(detector.next(value), { isAnomaly: false, score: Number.NaN });
    }

    assert.deepEqual(detector.snapshot(), before);
  });

  it('takes a run of far values for a new series', () => {
    const values = meterValues(2_000).map((value, at) => (at >= 1_000 ? value + 1e7 : value));

    assert.deepEqual(anomaliesOf(values), [1_000]);
  });

  it('goes on from a snapshot as if it had not stopped, in at most 1.2 KiB', () => {
    const values = meterValues(1_500);
    values[700] = 90;
    values[1_200] = 50;
    fc.assert(
      fc.property(fc.integer({ min: 0, max: 1_400 }), (at) => {
        const one = new StepDetector(OPTIONS);
        for (const value of values.slice(0, at)) one.next(value);
        const snapshot = one.snapshot();
        const other = new StepDetector(OPTIONS, snapshot);

        assert.ok(snapshot.byteLength <= 1_229, `${snapshot.byteLength} bytes`);
        for (const value of values.slice(at)) assert.deepEqual(other.next(value), one.next(value));
      }),
      { numRuns: 20 },
    );
  });

  it('alerts on no value of a constant series, and on the first that differs', () => {
    const values = Array.from({ length: 300 }, (_, at) => (at === 250 ? 71 : 70));

    assert.deepEqual(anomaliesOf(values), [250]);
  });
});

describe('the normal distribution', () => {
  it('agrees with its tables far out and in the middle', () => {
    const table: [number, number][] = [
      [0, 0.5],
      [1, 0.158655253931457],
      [2.5, 0.006209665325776],
      [3.5, 2.326290790355e-4],
      [5, 2.866515718792e-7],
      [7, 1.279812543886e-12],
    ];
    for (const [z, tail] of table) {
      assert.ok(Math.abs(normalUpperTail(z) / tail - 1) < 1e-9, `${z}: ${normalUpperTail(z)}`);
      assert.ok(Math.abs(normalUpperTail(-z) - (1 - tail)) < 1e-12);
      assert.ok(Math.abs(normalQuantile(tail) - z) < 1e-6, `${tail}: ${normalQuantile(tail)}`);
    }
  });
});

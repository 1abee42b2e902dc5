import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { SpikeAndDip } from '../../../modules/anomaly-detector/src/core/spike-and-dip.ts';
import { Journal } from '../../../simulator/meters/journal.ts';
import { exactMean, exactSum } from '../../../simulator/proof/oracle/exact-mean.ts';
import {
  expectedAnomalies,
  injectedAnomalies,
} from '../../../simulator/proof/oracle/expected-anomalies.ts';
import { expectedWindows } from '../../../simulator/proof/oracle/expected-windows.ts';
import { anomalousPositions } from '../../../simulator/proof/oracle/kernel-detector.ts';
import { readJournal } from '../../../simulator/proof/oracle/measured.ts';
import { meter, POLICY, quiet, START_MS } from './measured-meters.ts';

const FIVE_MINUTES_MS = 300_000;

describe('exact mean', () => {
  it('does not lose what a running sum loses', () => {
    assert.equal(exactSum([1e16, 1, -1e16]), 1);
    assert.equal(exactSum(Array.from({ length: 10 }, () => 0.1)), 1);
    assert.equal(exactMean([70.1, 70.2]), (70.1 + 70.2) / 2);
  });

  it('is the value itself for one value, and the same in any order', () => {
    const value = fc.double({ noNaN: true, noDefaultInfinity: true, min: -1e6, max: 1e6 });
    fc.assert(fc.property(value, (one) => assert.equal(exactSum([one]), one + 0)));
    fc.assert(
      fc.property(fc.array(value, { minLength: 1 }), (values) =>
        assert.equal(exactMean(values), exactMean(values.toReversed())),
      ),
    );
  });
});

describe('expected windows', () => {
  it('hold their end and not their start', () => {
    const temps = [
      { atMs: START_MS, temp: 1 },
      { atMs: START_MS + 1, temp: 2 },
      { atMs: START_MS + FIVE_MINUTES_MS, temp: 4 },
    ];
    const windows = expectedWindows(meter('Meter01', temps), FIVE_MINUTES_MS, POLICY);
    assert.deepEqual(
      windows.map(({ endMs, average, count }) => [endMs - START_MS, average, count]),
      [
        [0, 1, 1],
        [FIVE_MINUTES_MS, 3, 2],
      ],
    );
  });

  it('take readings of a clock that was set back, behind a gateway', () => {
    const temps = [
      { atMs: START_MS + 600_000, temp: 1 },
      { atMs: START_MS + 300_000, temp: 2 },
      { atMs: START_MS + 600_000, temp: 3 },
    ];
    const counts = (isDirect: boolean, action: 'Drop' | 'Adjust') =>
      expectedWindows({ ...meter('Meter01', temps), isDirect }, FIVE_MINUTES_MS, {
        ...POLICY,
        action,
      }).map(({ count }) => count);
    assert.deepEqual(counts(false, 'Drop'), [1, 2]);
    assert.deepEqual(counts(true, 'Drop'), [2]);
    assert.deepEqual(counts(true, 'Adjust'), [3]);
  });

  it('stay open without a gateway until a reading passes them by the tolerance', () => {
    const closed = (count: number) =>
      expectedWindows(
        { ...meter('Meter01', quiet(count)), isDirect: true },
        FIVE_MINUTES_MS,
        POLICY,
      ).filter(({ isClosed }) => isClosed).length;
    assert.equal(closed(33), 0);
    assert.equal(closed(34), 1);
  });
});

describe('kernel detector', () => {
  it('agrees with the detector that runs on the gateway', () => {
    const settings = { confidence: 99, historySize: 20 };
    const temp = fc.oneof(fc.double({ min: 60, max: 80, noNaN: true }), fc.constant(120));
    fc.assert(
      fc.property(fc.array(temp, { minLength: 30, maxLength: 80 }), (temps) => {
        const detector = new SpikeAndDip({
          ...settings,
          mode: 'spikesanddips',
          variant: 'robust',
        });
        const verdicts = temps.map((value) => detector.next(value).isAnomaly);
        const theirs = [...verdicts.keys()].filter((index) => verdicts[index]);
        const series = temps.map((value, index) => ({ atMs: index, value }));
        assert.deepEqual(anomalousPositions(series, settings), theirs);
      }),
      { numRuns: 50 },
    );
  });

  it('forgets values beyond the duration', () => {
    const series = [...quiet(20), 200].map((value, index) => ({ atMs: index * 1_000, value }));
    const settings = { confidence: 99, historySize: 20 };
    assert.deepEqual(anomalousPositions(series, settings), [20]);
    assert.deepEqual(anomalousPositions(series, { ...settings, durationMs: 19_000 }), []);
  });
});

describe('expected anomalies', () => {
  it('do not score a reading that is not newer than the last one scored', () => {
    const back = { atMs: START_MS + 10_000, temp: 200 };
    const temps = [...quiet(200), back, ...quiet(5)];
    assert.deepEqual(expectedAnomalies(meter('Meter01', temps), POLICY), []);
  });

  it('are found in the means of 30 seconds for a meter without a gateway', () => {
    const temps = quiet(1_200).with(900, 95);
    const direct = { ...meter('Meter01', temps, { 900: 'spike' }), isDirect: true };
    const [anomaly, ...others] = expectedAnomalies(direct, POLICY);
    assert.deepEqual(others, []);
    assert.equal(anomaly?.atMs, START_MS + 9_030_000);
    assert.deepEqual(injectedAnomalies(direct, POLICY), [{ ...anomaly, isCertain: true }]);
  });

  it('are not demanded of an injection that another one shortly before has hidden', () => {
    const temps = quiet(400).with(250, 95).with(300, 95);
    const both = meter('Meter01', temps, { 250: 'spike', 300: 'spike' });
    const certain = injectedAnomalies(both, POLICY).map(({ isCertain }) => isCertain);
    assert.deepEqual(certain, [true, false]);
  });

  it('are not demanded of an injection soon after a gap, which restarts learning', () => {
    const certain = (gapMs: number) => {
      const temps = quiet(400)
        .with(305, 95)
        .map((temp, index) => {
          const atMs = START_MS + index * 10_000 + (index < 300 ? 0 : gapMs);
          return { temp, atMs };
        });
      const after = meter('Meter01', temps, { 305: 'spike' });
      return injectedAnomalies(after, POLICY)[0]?.isCertain;
    };
    assert.equal(certain(500_000), true);
    assert.equal(certain(700_000), false);
  });
});

describe('journal as the oracle reads it', () => {
  it('is what the meters wrote', () => {
    const folder = mkdtempSync(join(tmpdir(), 'oracle-'));
    const path = join(folder, 'journal.db');
    const journal = new Journal(path);
    journal.install({ id: 'Meter01', connection: 'direct' }, 1_000, 1);
    const generator = { random: 1, noiseF: 0, produced: 1, sinceInjection: 0 };
    const readings = [{ atMs: START_MS, tempF: 90, injected: 'spike' as const }];
    journal.append([{ meterId: 'Meter01', readings, generator }]);
    const time = new Date(START_MS).toISOString();
    assert.deepEqual(readJournal(path), [
      {
        id: 'Meter01',
        isDirect: true,
        readings: [{ seq: 1_000, time, atMs: START_MS, temp: 90, injected: 'spike' }],
      },
    ]);
    journal.close();
    rmSync(folder, { recursive: true });
  });
});

import type { Findings } from '../../../simulator/proof/result.ts';

/** What a run finds when everything is as it should be: proof and chaos measure the same. */
export const GOOD_RUN: Omit<Findings, 'faults'> = {
  readings: 20_000,
  meters: 12,
  virtualMeters: 2,
  redeliveries: { byEdgeHub: 12, recognisedByModules: 3, inArchive: 40, averages: 0 },
  reconciliation: {
    comparisons: [{ what: 'readings', expected: 20_000, found: 20_000, problems: [] }],
    rawRepeats: 40,
    repeatedAverages: 0,
    repeatedMails: 0,
    injected: 20,
    falseAlarms: 0,
    falseAlarmsPerMeterMonth: 0,
  },
  totalSeconds: 40,
  transferSeconds: 10,
  readingsPerSecond: 2_000,
  peakMebibytes: { averager: 92 },
};

/** The same, but for a reading that is lost. */
export const LOSSY_RUN: typeof GOOD_RUN = {
  ...GOOD_RUN,
  reconciliation: {
    ...GOOD_RUN.reconciliation,
    comparisons: [
      { what: 'readings', expected: 20_000, found: 19_999, problems: ['reading x is lost'] },
    ],
  },
};

/**
 * Compares what came out of the system with what the journal says must come out.
 *
 * Invariants:
 * - every reading is in the archive, once after removing repeats by identity, with equal values, and
 *   nothing else is;
 * - every closed window has its average, the last revision counts, and there are no other windows;
 * - the tables of Azure SQL hold what the event hubs got, every average once per revision;
 * - every anomaly is told of in one mail of its site, and no mail tells of anything else.
 */
import { compareAverages } from './compare-averages.ts';
import { compareDetection } from './compare-detection.ts';
import { compareMails } from './compare-mails.ts';
import { compareReadings } from './compare-readings.ts';
import { compareTables } from './compare-tables.ts';
import type { Comparison } from './comparison.ts';
import { expectedAnomalies } from './expected-anomalies.ts';
import { expectedWindows, type OutOfOrderPolicy } from './expected-windows.ts';
import type { MeasuredMeter } from './measured.ts';
import type { Observed } from './observed.ts';

const WINDOW_MS = 300_000;
const MONTH_MS = 30 * 86_400_000;

export interface Reconciliation {
  readonly comparisons: readonly Comparison[];
  /** Archive rows beyond one for each reading: redeliveries that nobody downstream could fold. */
  readonly rawRepeats: number;
  /** Averages re-issued, or repeated, beyond one for each window. */
  readonly repeatedAverages: number;
  /** Copies of mails, under the Message-ID of the first: its receipt came too late. */
  readonly repeatedMails: number;
  readonly injected: number;
  readonly falseAlarms: number;
  readonly falseAlarmsPerMeterMonth: number;
}

/** Compares everything. */
export function reconcile(
  meters: readonly MeasuredMeter[],
  observed: Observed,
  policy: OutOfOrderPolicy,
): Reconciliation {
  const windows = meters.flatMap((meter) => expectedWindows(meter, WINDOW_MS, policy));
  const anomalies = meters.flatMap((meter) =>
    expectedAnomalies(meter, policy).map((anomaly) => ({ ...anomaly, isDirect: meter.isDirect })),
  );
  const readings = meters.reduce((sum, meter) => sum + meter.readings.length, 0);
  const detection = compareDetection(meters, observed.alerts, policy);
  return {
    comparisons: [
      compareReadings(meters, observed.archive),
      compareAverages(windows, observed.averages),
      compareTables(observed, observed.tables),
      compareMails(anomalies, observed.mails),
      detection.comparison,
    ],
    rawRepeats: Math.max(0, observed.archive.length - readings),
    repeatedAverages: Math.max(0, observed.averages.length - windows.length),
    repeatedMails: observed.mails.reduce((sum, { copies }) => sum + copies - 1, 0),
    injected: detection.injected,
    falseAlarms: detection.falseAlarms,
    falseAlarmsPerMeterMonth: detection.falseAlarms / meterMonths(meters),
  };
}

/** Time under watch, meters added up, in months of 30 days. */
function meterMonths(meters: readonly MeasuredMeter[]): number {
  const spans = meters.map(({ readings }) => {
    const instants = readings.map(({ atMs }) => atMs);
    return Math.max(0, (instants.at(-1) ?? 0) - (instants[0] ?? 0));
  });
  return Math.max(spans.reduce((sum, span) => sum + span, 0) / MONTH_MS, Number.MIN_VALUE);
}

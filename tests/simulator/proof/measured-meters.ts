/** Meters with made-up measurements, and what a faultless system makes of them. */
import { fingerprintOf } from '../../../simulator/proof/oracle/compare-mails.ts';
import {
  expectedAnomalies,
  type ExpectedAnomaly,
} from '../../../simulator/proof/oracle/expected-anomalies.ts';
import {
  expectedWindows,
  type OutOfOrderPolicy,
} from '../../../simulator/proof/oracle/expected-windows.ts';
import type { MeasuredMeter, MeasuredReading } from '../../../simulator/proof/oracle/measured.ts';
import type { Observed, ObservedMail } from '../../../simulator/proof/oracle/observed.ts';

export const POLICY: OutOfOrderPolicy = { toleranceMs: 30_000, action: 'Drop' };
export const START_MS = Date.UTC(2026, 10, 22, 12);

/** Readings 10 s apart from noon on; a value may come with the instant it is measured at. */
export function meter(
  id: string,
  temps: readonly (number | { readonly temp: number; readonly atMs: number })[],
  injected: Readonly<Record<number, 'spike' | 'dip'>> = {},
): MeasuredMeter {
  const readings = temps.map((entry, index): MeasuredReading => {
    const { temp, atMs } =
      typeof entry === 'number' ? { temp: entry, atMs: START_MS + (index + 1) * 10_000 } : entry;
    const time = new Date(atMs).toISOString();
    return { seq: START_MS + index, time, atMs, temp, injected: injected[index] ?? null };
  });
  return { id, isDirect: false, readings };
}

/** A quiet series around 70 degrees that no detector minds. */
export function quiet(count: number): number[] {
  return Array.from({ length: count }, (_, index) => 70 + ((index * 37) % 11) / 10);
}

/** What a system without faults puts out. */
export function faultless(meters: readonly MeasuredMeter[]): Observed {
  const anomalies = meters.flatMap((each) => expectedAnomalies(each, POLICY));
  const averages = meters
    .flatMap((each) => expectedWindows(each, 300_000, POLICY))
    .filter(({ isClosed }) => isClosed)
    .map(({ endMs, ...values }) => ({ ...values, windowEndMs: endMs, revision: 0 }));
  return {
    archive: meters.flatMap(({ id, readings }) =>
      readings.map(({ time, temp, seq }) => ({ id, time, temp, seq })),
    ),
    averages,
    alerts: anomalies,
    mails: meters.flatMap((each) =>
      expectedAnomalies(each, POLICY).map((one) => mailAbout(one, each.isDirect)),
    ),
    tables: tablesOf({ averages, alerts: anomalies }),
  };
}

/** The tables that belong to what the event hubs got. */
export function tablesOf({
  averages,
  alerts,
}: Pick<Observed, 'averages' | 'alerts'>): Observed['tables'] {
  const rows = new Map(
    averages.map((row) => [`${row.id} ${row.windowEndMs} ${row.revision}`, row]),
  );
  return { averages: [...rows.values()], anomalies: alerts };
}

/** A mail that tells of one anomaly. */
export function mailAbout(anomaly: ExpectedAnomaly, ofDirectMeters: boolean): ObservedMail {
  const messageId = `<${anomaly.id}-${anomaly.atMs}@mails>`;
  return { messageId, copies: 1, ofDirectMeters, count: 1, fingerprint: fingerprintOf(anomaly) };
}

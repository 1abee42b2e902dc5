/** What came out of the system. */
import type { ExpectedAnomaly } from './expected-anomalies.ts';

/** A row of the CSV archive. */
export interface ArchivedReading {
  readonly id: string;
  readonly time: string;
  readonly temp: number;
  readonly seq: number;
}

/** An event of the hub `hot-path`. */
export interface ObservedAverage {
  readonly id: string;
  /** Epoch milliseconds. */
  readonly windowEndMs: number;
  readonly average: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly count: number;
  readonly revision: number;
}

/** Everything that came out. */
export interface Observed {
  readonly archive: readonly ArchivedReading[];
  readonly averages: readonly ObservedAverage[];
  /** Events of the hub `alerts`. */
  readonly alerts: readonly ExpectedAnomaly[];
  /** `X-Incident` of every mail: `<meter id, percent-encoded>/<start>`. */
  readonly incidentMails: readonly string[];
}

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

/** What a mail says of itself, in its headers. */
export interface ObservedMail {
  readonly messageId: string;
  /** How often it came. */
  readonly copies: number;
  /** Whether its site is that of the meters without a gateway. */
  readonly ofDirectMeters: boolean;
  /** Anomalies that it tells of, and that no mail before it has told of. */
  readonly count: number;
  /** Sum of their fingerprints. */
  readonly fingerprint: number;
}

/** Rows of the tables of Azure SQL. */
export interface ObservedTables {
  readonly averages: readonly ObservedAverage[];
  readonly anomalies: readonly ExpectedAnomaly[];
}

/** Everything that came out. */
export interface Observed {
  readonly archive: readonly ArchivedReading[];
  readonly averages: readonly ObservedAverage[];
  /** Events of the hub `alerts`. */
  readonly alerts: readonly ExpectedAnomaly[];
  readonly mails: readonly ObservedMail[];
  readonly tables: ObservedTables;
}

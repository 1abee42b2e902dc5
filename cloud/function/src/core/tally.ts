/**
 * A bounded account of anomalies: how many of which meters, and the most anomalous one by one.
 *
 * Invariants:
 * - the account is the same whatever order anomalies are added in;
 * - it counts every anomaly, lists at most `MAX_LISTED` and names at most `MAX_METERS` meters;
 * - its size does not grow with the number of anomalies.
 */
import type { Anomaly } from './anomaly.ts';

/** Anomalies that are listed one by one: those with the lowest scores. */
export const MAX_LISTED = 50;
/** Meters that are counted one by one. */
export const MAX_METERS = 100;
/** Fingerprints are added modulo this: 48 bits, so that sums stay exact. */
const FINGERPRINT_MODULUS = 2 ** 48;

/** An anomaly as a mail tells of it. */
export interface ToldAnomaly extends Anomaly {
  /** It came so long after it happened that it is history: from a backlog. */
  readonly isLate: boolean;
}

/** The anomalies of one meter. */
export interface MeterTally {
  readonly meterId: string;
  readonly spikes: number;
  readonly dips: number;
  /** How many of them came late. */
  readonly late: number;
  /** Event time of the earliest and of the latest, epoch milliseconds. */
  readonly firstMs: number;
  readonly lastMs: number;
  /** Degrees Fahrenheit. */
  readonly lowest: number;
  readonly highest: number;
}

export interface Tally {
  readonly count: number;
  /** How many of them came late. */
  readonly late: number;
  /** Event time of the earliest and of the latest; null while there is none. */
  readonly firstMs: number | null;
  readonly lastMs: number | null;
  /** In order of meter id. */
  readonly meters: readonly MeterTally[];
  /** Anomalies of meters that found no place in `meters`. */
  readonly ofOtherMeters: number;
  /** In order of event time. */
  readonly listed: readonly ToldAnomaly[];
  /** Sum of the anomalies' fingerprints: tells whether each was counted once, however many they are. */
  readonly fingerprint: number;
}

/** An anomaly with what a tally needs besides. */
export interface Counted {
  readonly anomaly: ToldAnomaly;
  /** 48 bits made from meter and event time. */
  readonly fingerprint: number;
}

export const EMPTY_TALLY: Tally = {
  count: 0,
  late: 0,
  firstMs: null,
  lastMs: null,
  meters: [],
  ofOtherMeters: 0,
  listed: [],
  fingerprint: 0,
};

/** Adds anomalies to an account. */
export function addAnomalies(tally: Tally, added: readonly Counted[]): Tally {
  const anomalies = added.map(({ anomaly }) => anomaly);
  const meters = addToMeters(tally.meters, anomalies);
  const kept = meters.slice(0, MAX_METERS);
  const fingerprints = added.reduce(
    (sum, { fingerprint }) => (sum + fingerprint) % FINGERPRINT_MODULUS,
    tally.fingerprint,
  );
  return {
    count: tally.count + added.length,
    late: tally.late + anomalies.filter(({ isLate }) => isLate).length,
    firstMs: least([tally.firstMs, ...anomalies.map(({ atMs }) => atMs)]),
    lastMs: greatest([tally.lastMs, ...anomalies.map(({ atMs }) => atMs)]),
    meters: kept,
    ofOtherMeters: tally.ofOtherMeters + sumOf(meters.slice(MAX_METERS)),
    listed: mostAnomalous([...tally.listed, ...anomalies]),
    fingerprint: fingerprints,
  };
}

/** Adds one account to another; what `other` lists is listed no more. */
export function addTallies(tally: Tally, other: Tally): Tally {
  const meters = mergeMeters([...tally.meters, ...other.meters]);
  return {
    count: tally.count + other.count,
    late: tally.late + other.late,
    firstMs: least([tally.firstMs, other.firstMs]),
    lastMs: greatest([tally.lastMs, other.lastMs]),
    meters: meters.slice(0, MAX_METERS),
    ofOtherMeters: tally.ofOtherMeters + other.ofOtherMeters + sumOf(meters.slice(MAX_METERS)),
    listed: tally.listed,
    fingerprint: (tally.fingerprint + other.fingerprint) % FINGERPRINT_MODULUS,
  };
}

function addToMeters(
  meters: readonly MeterTally[],
  anomalies: readonly ToldAnomaly[],
): MeterTally[] {
  const single = anomalies.map(({ meterId, atMs, temp, direction, isLate }): MeterTally => ({
    meterId,
    spikes: direction === 'spike' ? 1 : 0,
    dips: direction === 'dip' ? 1 : 0,
    late: isLate ? 1 : 0,
    firstMs: atMs,
    lastMs: atMs,
    lowest: temp,
    highest: temp,
  }));
  return mergeMeters([...meters, ...single]);
}

function mergeMeters(tallies: readonly MeterTally[]): MeterTally[] {
  const merged = new Map<string, MeterTally>();
  for (const tally of tallies) {
    const known = merged.get(tally.meterId);
    merged.set(tally.meterId, known === undefined ? tally : mergeMeter(known, tally));
  }
  return [...merged.values()].toSorted((a, b) => compareTexts(a.meterId, b.meterId));
}

function mergeMeter(one: MeterTally, other: MeterTally): MeterTally {
  return {
    meterId: one.meterId,
    spikes: one.spikes + other.spikes,
    dips: one.dips + other.dips,
    late: one.late + other.late,
    firstMs: Math.min(one.firstMs, other.firstMs),
    lastMs: Math.max(one.lastMs, other.lastMs),
    lowest: Math.min(one.lowest, other.lowest),
    highest: Math.max(one.highest, other.highest),
  };
}

function mostAnomalous(anomalies: readonly ToldAnomaly[]): ToldAnomaly[] {
  return anomalies
    .toSorted((a, b) => a.score - b.score || inOrderOfTime(a, b))
    .slice(0, MAX_LISTED)
    .toSorted(inOrderOfTime);
}

function inOrderOfTime(a: ToldAnomaly, b: ToldAnomaly): number {
  return a.atMs - b.atMs || compareTexts(a.meterId, b.meterId) || (a.seq ?? 0) - (b.seq ?? 0);
}

function compareTexts(a: string, b: string): number {
  if (a === b) return 0;
  return a < b ? -1 : 1;
}

function sumOf(meters: readonly MeterTally[]): number {
  return meters.reduce((sum, { spikes, dips }) => sum + spikes + dips, 0);
}

function least(instants: readonly (number | null)[]): number | null {
  return instants.reduce((a, b) => (a === null || (b !== null && b < a) ? b : a), null);
}

function greatest(instants: readonly (number | null)[]): number | null {
  return instants.reduce((a, b) => (a === null || (b !== null && b > a) ? b : a), null);
}

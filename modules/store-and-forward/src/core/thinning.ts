/**
 * What is left of readings there is no room for: their mean, minimum and maximum of five minutes.
 *
 * Invariants:
 * - the counts of the entries add up to the readings they stand for;
 * - windows are `(from, to]` and aligned to the epoch, as the averager's are.
 */

/** A reading as far as thinning needs it. */
export interface ThinnedReading {
  readonly id: string;
  readonly atMs: number;
  readonly temp: number;
}

/** Readings of one meter that were lost, and what is known of them. */
export interface Loss {
  readonly id: string;
  /** Epoch milliseconds, first and last. */
  readonly fromMs: number;
  readonly toMs: number;
  readonly count: number;
  readonly average: number;
  readonly minimum: number;
  readonly maximum: number;
}

const WINDOW_MS = 300_000;

/** One entry for each meter and window of five minutes. */
export function thinned(readings: readonly ThinnedReading[]): Loss[] {
  const losses = new Map<string, Loss>();
  for (const { id, atMs, temp } of readings) {
    const toMs = Math.ceil(atMs / WINDOW_MS) * WINDOW_MS;
    const fromMs = toMs - WINDOW_MS;
    const one = { id, fromMs, toMs, count: 1, average: temp, minimum: temp, maximum: temp };
    const key = `${toMs} ${id}`;
    const other = losses.get(key);
    losses.set(key, other === undefined ? one : merged(other, one));
  }
  return [...losses.values()];
}

/** Two losses of one meter as one. */
export function merged(a: Loss, b: Loss): Loss {
  const count = a.count + b.count;
  return {
    id: a.id,
    fromMs: Math.min(a.fromMs, b.fromMs),
    toMs: Math.max(a.toMs, b.toMs),
    count,
    average: a.average + (b.average - a.average) * (b.count / count),
    minimum: Math.min(a.minimum, b.minimum),
    maximum: Math.max(a.maximum, b.maximum),
  };
}

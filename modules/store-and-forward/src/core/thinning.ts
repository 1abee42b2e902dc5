/**
 * What is left of readings there is no room for: their mean, minimum and maximum of five minutes.
 *
 * Invariants:
 * - the counts of the entries add up to the readings they stand for;
 * - windows are `(from, to]` and aligned to the epoch, as the averager's are.
 */
import { merged, type Loss } from '../../../shared/src/core/loss.ts';

/** A reading as far as thinning needs it. */
export interface ThinnedReading {
  readonly id: string;
  readonly atMs: number;
  readonly temp: number;
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

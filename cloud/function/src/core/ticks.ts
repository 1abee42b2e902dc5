/** Round numbers along an axis. */

/** Steps that people read easily, times a power of ten. */
const STEPS = [1, 2, 2.5, 5, 10];
const WANTED_INTERVALS = 4;
/** A range smaller than this share of its values is none: rounding would swallow its ticks. */
const SMALLEST_SHARE = 1e-9;

/**
 * Round numbers from at or below `low` to at or above `high`, two at least; a range without extent is
 * widened by one to each side.
 */
export function niceTicks(low: number, high: number): number[] {
  if (high - low <= SMALLEST_SHARE * Math.max(1, Math.abs(low), Math.abs(high))) {
    const margin = Math.max(1, Math.abs(low) * 0.01);
    return niceTicks(low - margin, low + margin);
  }
  const rough = (high - low) / WANTED_INTERVALS;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * (STEPS.find((candidate) => candidate * power >= rough) ?? 10);
  const first = Math.floor(low / step);
  const last = Math.ceil(high / step);
  return Array.from({ length: last - first + 1 }, (_, index) =>
    Number(((first + index) * step).toPrecision(12)),
  );
}

/**
 * The spike-and-dip detector, written a second time from its description alone.
 *
 * The p-value of a value is the mean upper tail of normal distributions centred on each of the
 * values before it, their spread being the spread of those values; values are 32-bit floats. One
 * is anomalous when it and the values before it fill the history and its p-value, taken on both
 * sides and kept within [1e-8, 1 - 1e-8], is at most 1 - confidence. Source: ML.NET, IID spike detector.
 */
export interface DetectorSettings {
  /** Percent. */
  readonly confidence: number;
  /** Values, the current one included. */
  readonly historySize: number;
  /** Values older than this do not count, milliseconds; without it all do. */
  readonly durationMs?: number;
}

/** A value of a series at its instant, epoch milliseconds. */
export interface SeriesValue {
  readonly atMs: number;
  readonly value: number;
}

/** Positions in the series that are anomalous. */
export function anomalousPositions(
  series: readonly SeriesValue[],
  { confidence, historySize, durationMs = Number.POSITIVE_INFINITY }: DetectorSettings,
): number[] {
  const found: number[] = [];
  const threshold = 1 - confidence / 100;
  for (const [position, { atMs, value }] of series.entries()) {
    const before = series
      .slice(Math.max(0, position - historySize), position)
      .filter((earlier) => earlier.atMs > atMs - durationMs)
      .map((earlier) => Math.fround(earlier.value));
    if (before.length + 1 < historySize) continue;
    if (twoSidedPValue(before, Math.fround(value)) <= threshold) found.push(position);
  }
  return found;
}

function twoSidedPValue(history: readonly number[], value: number): number {
  const size = history.length;
  if (size === 0) return 0.5;
  const deviation = size === 1 ? 1 : spread(history).deviation;
  const width = Math.max(Math.SQRT2 * deviation, 1e-6);
  let tails = 0;
  for (const past of history) tails += (1 - erf((value - past) / width)) / 2;
  const upper = tails / size;
  return Math.min(Math.max(Math.min(upper, 1 - upper), 1e-8), 1 - 1e-8);
}

/** Mean and population standard deviation. */
export function spread(values: readonly number[]): { mean: number; deviation: number } {
  let mean = 0;
  for (const value of values) mean += value / values.length;
  let variance = 0;
  for (const value of values) variance += (value - mean) ** 2 / values.length;
  return { mean, deviation: Math.sqrt(variance) };
}

/** Abramowitz and Stegun 7.1.26, the formula the detector is defined with. */
function erf(x: number): number {
  const t = 1 / (1 + 0.3275911 * Math.abs(x));
  const coefficients = [0.254829592, -0.284496736, 1.421413741, -1.453152027, 1.061405429];
  const polynomial = coefficients.reduceRight((sum, coefficient) => (sum + coefficient) * t, 0);
  return Math.sign(x || 1) * (1 - polynomial * Math.exp(-(x ** 2)));
}

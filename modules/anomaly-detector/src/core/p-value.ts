/**
 * How unusual one value is beside a history of values: a p-value by kernel density estimation.
 *
 * Source: ML.NET's IID spike detector, which Azure Stream Analytics' `AnomalyDetection_SpikeAndDip`
 * runs (dotnet/machinelearning, `IidAnomalyDetectionBase` and `SequentialAnomalyDetectionTransformBase`).
 * The p-value is the mean upper tail of n normal distributions, one around each past value, whose
 * spread is the history's own.
 */

/** Which deviations count: upward, downward, or both. The names are Stream Analytics'. */
export type SpikeAndDipMode = 'spikes' | 'dips' | 'spikesanddips';

/** A p-value is never below this nor above one minus this. */
export const SMALLEST_P_VALUE = 1e-8;

/** Narrowest kernel: a constant history has no spread of its own. */
const SMALLEST_BANDWIDTH = 1e-6;

/**
 * Error function to 1.5e-7. Source: Abramowitz and Stegun, formula 7.1.26.
 *
 * Its value at 0 is 1e-9. That belongs to the published results; a better formula would differ from them.
 */
export function errorFunction(x: number): number {
  const absolute = Math.abs(x);
  if (absolute === Infinity) return Math.sign(x);
  const t = 1 / (1 + 0.3275911 * absolute);
  const polynomial =
    ((((1.061405429 * t - 1.453152027) * t + 1.421413741) * t - 0.284496736) * t + 0.254829592) * t;
  const result = 1 - polynomial * Math.exp(-x * x);
  return x >= 0 ? result : -result;
}

/**
 * Width of the kernels.
 *
 * @param sumOfSquaredDifferences over all unordered pairs of the history
 * @param count values in the history, at least 1
 */
export function kernelBandwidth(sumOfSquaredDifferences: number, count: number): number {
  const deviation = count === 1 ? 1 : Math.sqrt(sumOfSquaredDifferences) / count;
  return Math.max(Math.SQRT2 * deviation, SMALLEST_BANDWIDTH);
}

/** Sum of squared differences over all unordered pairs, from the variance: one pass for each. */
export function sumOfSquaredDifferences(history: ArrayLike<number>): number {
  const mean = meanOf(history);
  let squares = 0;
  for (let index = 0; index < history.length; index += 1) {
    squares += (at(history, index) - mean) ** 2;
  }
  return history.length * squares;
}

/** Mean of the values; NaN for none. */
export function meanOf(history: ArrayLike<number>): number {
  let sum = 0;
  for (let index = 0; index < history.length; index += 1) sum += at(history, index);
  return sum / history.length;
}

/** Probability of a value above `value`: near 0 for a spike, near 1 for a dip, 0.5 without history. */
export function upperTail(history: ArrayLike<number>, value: number): number {
  if (history.length === 0) return 0.5;
  const bandwidth = kernelBandwidth(sumOfSquaredDifferences(history), history.length);
  let sum = 0;
  for (let index = 0; index < history.length; index += 1) {
    sum -= errorFunction((value - at(history, index)) / bandwidth);
  }
  return 0.5 + sum / (2 * history.length);
}

/** The score of an upper tail in a mode: the lower, the more anomalous. NaN stays NaN. */
export function scoreOf(tail: number, mode: SpikeAndDipMode): number {
  const score = sided(tail, mode);
  return Math.min(Math.max(score, SMALLEST_P_VALUE), 1 - SMALLEST_P_VALUE);
}

/**
 * The p-value of `value` beside `history`.
 *
 * The current value is not part of the history. Values are taken as 32-bit floats, as ML.NET does.
 */
export function pValue(
  history: ArrayLike<number>,
  value: number,
  mode: SpikeAndDipMode = 'spikesanddips',
): number {
  return scoreOf(upperTail(Float32Array.from(history), Math.fround(value)), mode);
}

/** Highest p-value that counts as anomalous at a confidence in percent. */
export function alertThreshold(confidence: number): number {
  return 1 - confidence / 100;
}

function sided(tail: number, mode: SpikeAndDipMode): number {
  switch (mode) {
    case 'spikes':
      return tail;
    case 'dips':
      return 1 - tail;
    case 'spikesanddips':
      return Math.min(tail, 1 - tail);
  }
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] ?? Number.NaN;
}

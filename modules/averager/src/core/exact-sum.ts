/**
 * A sum without rounding errors, so that it does not depend on the order of its terms.
 *
 * Source: J. R. Shewchuk, "Adaptive Precision Floating-Point Arithmetic and Fast Robust Geometric
 * Predicates", 1997; the final rounding is that of Python's `math.fsum`.
 */

/** Adds `term` to a sum held as non-overlapping parts of growing size. */
export function addExactly(parts: number[], term: number): void {
  let carried = term;
  let kept = 0;
  for (const part of parts) {
    const [larger, smaller] =
      Math.abs(carried) < Math.abs(part) ? [part, carried] : [carried, part];
    const sum = larger + smaller;
    const error = smaller - (sum - larger);
    if (error !== 0) {
      parts[kept] = error;
      kept += 1;
    }
    carried = sum;
  }
  parts.length = kept;
  parts.push(carried);
}

/** The number nearest to the sum of the parts; 0 for none. */
export function roundedSum(parts: readonly number[]): number {
  let index = parts.length - 1;
  let high = parts[index] ?? 0;
  let low = 0;
  while (index > 0) {
    index -= 1;
    const part = parts[index] ?? 0;
    const sum = high + part;
    low = part - (sum - high);
    high = sum;
    if (low !== 0) break;
  }
  return index > 0 ? breakTie(high, low, parts[index - 1] ?? 0) : high;
}

/** Half-way cases go by what lies below the half. */
function breakTie(high: number, low: number, below: number): number {
  if ((low < 0 && below < 0) || (low > 0 && below > 0)) {
    const twice = low * 2;
    const rounded = high + twice;
    if (twice === rounded - high) return rounded;
  }
  return high;
}

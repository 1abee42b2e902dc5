/**
 * Means without accumulated rounding: the sum is made in whole numbers, and rounded once.
 *
 * A finite double is m · 2^e with e >= -1074, so m · 2^(e + 1074) is a whole number.
 */
const SCALE_BITS = 1074;
const MANTISSA_BITS = 52;
const EXPONENT_BIAS = 1023;

/** Sum of the values, rounded once to the nearest double. */
export function exactSum(values: readonly number[]): number {
  let sum = 0n;
  for (const value of values) sum += scaled(value);
  return unscaled(sum);
}

/** Mean of one value or more: the exact sum, rounded, divided by their number. */
export function exactMean(values: readonly number[]): number {
  return exactSum(values) / values.length;
}

function scaled(value: number): bigint {
  const view = new DataView(new ArrayBuffer(8));
  view.setFloat64(0, value);
  const bits = view.getBigUint64(0);
  const exponent = Number((bits >> BigInt(MANTISSA_BITS)) & 0x7ffn);
  const fraction = bits & ((1n << BigInt(MANTISSA_BITS)) - 1n);
  const mantissa = exponent === 0 ? fraction : fraction | (1n << BigInt(MANTISSA_BITS));
  const shift = Math.max(exponent, 1) - EXPONENT_BIAS - MANTISSA_BITS + SCALE_BITS;
  const magnitude = mantissa << BigInt(shift);
  return value < 0 ? -magnitude : magnitude;
}

function unscaled(sum: bigint): number {
  // Number() of a whole number rounds to nearest, ties to even; its range ends at 2^1024, so the
  // lowest zero bits, which carry nothing, are taken off first.
  let whole = sum;
  let bits = SCALE_BITS;
  while (bits > 0 && whole !== 0n && (whole & 0xffn) === 0n) {
    whole >>= 8n;
    bits -= 8;
  }
  let result = Number(whole);
  while (bits > 1000) {
    result /= 2 ** 1000;
    bits -= 1000;
  }
  return result / 2 ** bits;
}

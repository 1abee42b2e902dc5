/**
 * The normal distribution, precise where it matters for alerts: far out in its tails.
 *
 * Source: Laplace's continued fraction for the tail (Abramowitz and Stegun, 26.2.14), and the Taylor
 * series of the density's integral near the middle (26.2.10).
 */

/** From here on the continued fraction converges within its terms, to 1e-13 relative. */
const TAIL_BEGINS = 3;
const FRACTION_TERMS = 60;
const SERIES_TERMS = 60;
/** Halvings of an interval of width 16 that leave less than 1e-14. */
const HALVINGS = 60;

/** Probability of a standard normal value above `z`. */
export function normalUpperTail(z: number): number {
  if (z < 0) return 1 - normalUpperTail(-z);
  if (z >= TAIL_BEGINS) return density(z) / tailFraction(z);
  return 0.5 - density(z) * seriesAt(z);
}

/** The `z` above which a standard normal value lies with this probability, 1e-12 to 0.5. */
export function normalQuantile(upperTail: number): number {
  let [low, high] = [0, 8];
  for (let halving = 0; halving < HALVINGS; halving += 1) {
    const middle = (low + high) / 2;
    if (normalUpperTail(middle) > upperTail) low = middle;
    else high = middle;
  }
  return high;
}

function density(z: number): number {
  return Math.exp((-z * z) / 2) / Math.sqrt(2 * Math.PI);
}

function tailFraction(z: number): number {
  let fraction = z;
  for (let term = FRACTION_TERMS; term >= 1; term -= 1) fraction = z + term / fraction;
  return fraction;
}

/** z + z³/3 + z⁵/(3·5) + … */
function seriesAt(z: number): number {
  let term = z;
  let sum = z;
  for (let odd = 3; odd < 2 * SERIES_TERMS; odd += 2) {
    term *= (z * z) / odd;
    sum += term;
  }
  return sum;
}

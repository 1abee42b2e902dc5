/**
 * Random numbers that are the same on every machine for the same seed.
 *
 * Only integer arithmetic and additions are used, never `Math.log` or `Math.cos`, whose last bit may
 * differ between engines. The generator is mulberry32: 32 bits of state, period 2^32.
 */

const UINT32_RANGE = 4_294_967_296;

/** A stream of random numbers; `state` is all of it and can be stored. */
export class Random {
  #state: number;

  constructor(state: number) {
    this.#state = state >>> 0;
  }

  /** Unsigned 32-bit integer from which an equal stream goes on. */
  get state(): number {
    return this.#state;
  }

  /** Uniform in [0, 1). */
  uniform(): number {
    this.#state = (this.#state + 0x6d2b79f5) >>> 0;
    let mixed = this.#state;
    mixed = Math.imul(mixed ^ (mixed >>> 15), mixed | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return ((mixed ^ (mixed >>> 14)) >>> 0) / UINT32_RANGE;
  }

  /** Mean 0, variance 1, near to normal: the sum of twelve uniforms less six, so never beyond 6. */
  gaussian(): number {
    let sum = -6;
    for (let draw = 0; draw < 12; draw += 1) sum += this.uniform();
    return sum;
  }
}

/** Start state for a text such as `7/Meter03` (FNV-1a over UTF-16 code units). */
export function seedFrom(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index += 1) {
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  }
  return hash >>> 0;
}

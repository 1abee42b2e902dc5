/**
 * The usual size of a tracker's surprises, and how much of one comes again in the next.
 *
 * Both are means over the past that fade; a surprise counts for at most twice the usual, so that no
 * outlier, however huge, makes the detector deaf.
 *
 * Invariants:
 * - both stay finite whatever finite surprises come;
 * - the first surprises weigh alike; later the memory fades.
 */

/** A surprise counts for at most so many times the usual one. */
const CLIP = 2;
/** Mean square of a normal value that is clipped at twice the estimate made from it, at equilibrium. */
const CLIPPED_SQUARE = 0.8804;
/** Before so many surprises the mean is no estimate of noise yet. */
const FIRST_ESTIMATE = 10;
/** Before so many surprises their correlation is not believed. */
const FIRST_CARRY = 30;
const HIGHEST_CARRY = 0.9;
/** An estimate from fewer surprises than this may be too low, by a share that falls with their number. */
const WELL_KNOWN = 200;
const DOUBT = 8;

export class Noise {
  readonly #memory: number;
  #count = 0;
  #freshSquare = 0;
  #square = 0;
  #product = 0;

  /** @param memory surprises after which the past has faded to a third */
  constructor(memory: number) {
    this.#memory = memory;
  }

  /** Standard deviation of what is new in a surprise; 0 while unknown. */
  get deviation(): number {
    const share = this.#count > FIRST_ESTIMATE ? CLIPPED_SQUARE : 1;
    const doubt = 1 + DOUBT * Math.max(0, 1 / Math.max(1, this.#count) - 1 / WELL_KNOWN);
    return doubt * Math.sqrt(this.#freshSquare / share);
  }

  /** Share of a surprise that is expected to come again in the next, 0 to 0.9. */
  get carry(): number {
    if (this.#count <= FIRST_CARRY || this.#square === 0) return 0;
    return Math.max(0, Math.min(HIGHEST_CARRY, this.#product / this.#square));
  }

  /** @param fresh what was new in `surprise`, given the one before it */
  learn(fresh: number, surprise: number, before: number): void {
    this.#count += 1;
    const weight = 1 / Math.min(this.#count, this.#memory);
    const freshLimit = this.#limit(this.deviation);
    this.#freshSquare += weight * (clip(fresh, freshLimit) ** 2 - this.#freshSquare);
    const limit = this.#limit(Math.sqrt(this.#square));
    const now = clip(surprise, limit);
    this.#product += weight * (now * clip(before, limit) - this.#product);
    this.#square += weight * (now * now - this.#square);
  }

  /** Appends what is remembered. */
  save(numbers: number[]): void {
    numbers.push(this.#count, this.#freshSquare, this.#square, this.#product);
  }

  /** Takes back what `save` appended. */
  restore(next: () => number): void {
    this.#count = next();
    this.#freshSquare = next();
    this.#square = next();
    this.#product = next();
  }

  #limit(usual: number): number {
    return usual > 0 ? CLIP * usual : Infinity;
  }
}

function clip(value: number, limit: number): number {
  return Math.max(-limit, Math.min(limit, value));
}

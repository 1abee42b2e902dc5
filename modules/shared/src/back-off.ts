/** Delays between attempts that go on for ever: doubling, with jitter, up to a limit. */
export class BackOff {
  readonly #firstMs: number;
  readonly #longestMs: number;
  #attempts = 0;

  constructor(firstMs: number, longestMs: number) {
    this.#firstMs = firstMs;
    this.#longestMs = longestMs;
  }

  /** Milliseconds to wait before the next attempt. `random` is from 0 to below 1. */
  next(random: number): number {
    const fullMs = Math.min(this.#firstMs * 2 ** this.#attempts, this.#longestMs);
    this.#attempts = Math.min(this.#attempts + 1, 30);
    return fullMs * (0.5 + random / 2);
  }

  /** After a success the next attempt comes soon again. */
  reset(): void {
    this.#attempts = 0;
  }
}

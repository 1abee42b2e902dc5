/**
 * Which length windows have at which event time.
 *
 * Invariants:
 * - what a change has found measured keeps its length, so that a reading has one window whenever it comes;
 * - the memory is bounded: so many changes, the latest.
 */

/** A length that windows had once. */
export interface PastLength {
  /** Event time of the last reading of that time, epoch milliseconds. */
  readonly untilMs: number;
  readonly windowMs: number;
}

const MOST_CHANGES = 100;

export class WindowLengths {
  #windowMs: number;
  /** The oldest first. */
  #past: readonly PastLength[];

  constructor(windowMs: number, past: readonly PastLength[] = []) {
    this.#windowMs = windowMs;
    this.#past = past;
  }

  get past(): readonly PastLength[] {
    return this.#past;
  }

  /** The length at an event time, milliseconds. */
  at(atMs: number): number {
    if (this.#past.length === 0) return this.#windowMs;
    return this.#past.find(({ untilMs }) => atMs <= untilMs)?.windowMs ?? this.#windowMs;
  }

  /** Windows of what is measured after an event time have another length. */
  change(windowMs: number, untilMs: number): void {
    const lastMs = this.#past.at(-1)?.untilMs ?? Number.NEGATIVE_INFINITY;
    if (untilMs > lastMs) {
      const ended = { untilMs, windowMs: this.#windowMs };
      this.#past = [...this.#past, ended].slice(-MOST_CHANGES);
    }
    this.#windowMs = windowMs;
  }
}

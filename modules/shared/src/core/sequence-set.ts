/**
 * A set of sequence numbers as ranges: a meter's readings are mostly consecutive, so it stays tiny.
 *
 * Invariants:
 * - a number is in the set if and only if it was added, whatever the order, while ranges are few;
 * - with more than the allowed ranges the lowest are forgotten, never invented.
 */

/** `[first, last, first, last, …]`, ascending, both ends included: as it is kept on disk. */
export type SequenceRanges = readonly number[];

/** Sequence numbers that were seen. */
export class SequenceSet {
  readonly #bounds: number[];
  readonly #mostRanges: number;

  constructor(ranges: SequenceRanges = [], mostRanges = Number.POSITIVE_INFINITY) {
    this.#bounds = [...ranges];
    this.#mostRanges = mostRanges;
  }

  get ranges(): SequenceRanges {
    return this.#bounds;
  }

  has(sequence: number): boolean {
    const index = this.#indexOfRange(sequence);
    return index >= 0 && sequence <= this.#at(index + 1);
  }

  /** Adds a number; false when it was there before. */
  add(sequence: number): boolean {
    const index = this.#indexOfRange(sequence);
    if (index >= 0 && sequence <= this.#at(index + 1)) return false;
    const joinsBefore = index >= 0 && this.#at(index + 1) === sequence - 1;
    const next = index + 2;
    const joinsAfter = next < this.#bounds.length && this.#at(next) === sequence + 1;
    if (joinsBefore && joinsAfter) this.#bounds.splice(index + 1, 2);
    else if (joinsBefore) this.#bounds[index + 1] = sequence;
    else if (joinsAfter) this.#bounds[next] = sequence;
    else this.#bounds.splice(next, 0, sequence, sequence);
    if (this.#bounds.length > 2 * this.#mostRanges) this.#bounds.splice(0, 2);
    return true;
  }

  /** Position of the last range that begins at or before `sequence`; -2 when there is none. */
  #indexOfRange(sequence: number): number {
    // Readings come in order, so the search nearly always ends at the last range.
    let low = 0;
    let high = this.#bounds.length / 2;
    if (high > 0 && this.#at(this.#bounds.length - 2) <= sequence) return this.#bounds.length - 2;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.#at(2 * middle) <= sequence) low = middle + 1;
      else high = middle;
    }
    return 2 * (low - 1);
  }

  #at(index: number): number {
    return this.#bounds[index] ?? Number.NaN;
  }
}

/**
 * Which readings of one meter were taken in already.
 *
 * Invariants:
 * - a reading with sequence number is taken in once, while its range is remembered;
 * - a reading without is taken in once among the latest few hundred.
 */
import { SequenceSet } from '../../../shared/src/core/sequence-set.ts';

/** What is kept on disk. */
export interface SeenState {
  readonly sequences: readonly number[];
  /** Identities of the latest readings without sequence number, oldest first. */
  readonly others: readonly string[];
}

const MOST_RANGES = 1_000;
const MOST_OTHERS = 500;

export class SeenReadings {
  readonly #sequences: SequenceSet;
  readonly #others: Set<string>;

  constructor(state?: SeenState) {
    this.#sequences = new SequenceSet(state?.sequences, MOST_RANGES);
    this.#others = new Set(state?.others);
  }

  /** Notes a reading; false when it was noted before. */
  add(identity: string, seq: number | undefined): boolean {
    if (seq !== undefined) return this.#sequences.add(seq);
    if (this.#others.has(identity)) return false;
    this.#others.add(identity);
    if (this.#others.size > MOST_OTHERS) {
      for (const oldest of this.#others) {
        this.#others.delete(oldest);
        break;
      }
    }
    return true;
  }

  state(): SeenState {
    return { sequences: this.#sequences.ranges, others: [...this.#others] };
  }
}

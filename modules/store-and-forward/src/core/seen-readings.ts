/**
 * Which readings of one meter were taken in already.
 *
 * Invariants:
 * - a reading with sequence number is taken in once, while its range is remembered;
 * - a reading without is taken in once among the latest few hundred.
 */
import { SequenceSet } from '../../../shared/src/core/sequence-set.ts';
import { readingIdentity, type Reading } from '../../../shared/src/wire-contract.ts';

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
  /** Nearly all meters number their readings. */
  #others: Set<string> | undefined;

  constructor(state?: SeenState) {
    this.#sequences = new SequenceSet(state?.sequences, MOST_RANGES);
    if (state !== undefined && state.others.length > 0) this.#others = new Set(state.others);
  }

  /** Notes a reading; false when it was noted before. */
  add(reading: Reading): boolean {
    const { seq } = reading;
    return seq === undefined ? this.#addOther(readingIdentity(reading)) : this.#sequences.add(seq);
  }

  /** How many readings without sequence number are remembered. */
  get others(): number {
    return this.#others?.size ?? 0;
  }

  state(): SeenState {
    return { sequences: this.#sequences.ranges, others: [...(this.#others ?? [])] };
  }

  #addOther(identity: string): boolean {
    this.#others ??= new Set();
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
}

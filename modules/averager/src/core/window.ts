/**
 * One meter's tumbling window `(start, end]`.
 *
 * Invariants:
 * - a reading counts once, however often it arrives, as long as the window remembers it: the latest
 *   10,000 without number, and the highest 10,000 runs of numbers without a gap;
 * - the result does not depend on the order in which readings arrive.
 *
 * Windows follow Azure Stream Analytics: exclusive start, inclusive end, aligned to the epoch,
 * stamped with their end. Source: learn.microsoft.com/stream-analytics-query/tumbling-window-azure-stream-analytics
 */
import { SequenceSet } from '../../../shared/src/core/sequence-set.ts';
import { addExactly, roundedSum } from './exact-sum.ts';

/** A reading as the averager needs it. */
export interface Sample {
  readonly id: string;
  /** Event time, epoch milliseconds. */
  readonly atMs: number;
  /** Degrees Fahrenheit. */
  readonly temp: number;
  readonly seq?: number | undefined;
}

/** A window as it lies on disk. */
export interface WindowState {
  readonly windowMs: number;
  readonly count: number;
  readonly minimum: number;
  readonly maximum: number;
  /** Parts of the exact sum. */
  readonly sum: readonly number[];
  /** Sequence numbers that are in it. */
  readonly sequences: readonly number[];
  /** Time and temperature of the readings without sequence number. */
  readonly others: readonly string[];
  /** Revision that was issued last; -1 before the first. */
  readonly issued: number;
  /** Readings came after the last issue. */
  readonly changed: boolean;
}

/** A result of a window. */
export interface WindowResult {
  readonly average: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly count: number;
  /** How many readings the meter numbered from the first to the last; undefined when it numbers none. */
  readonly expectedCount?: number;
  readonly revision: number;
}

/** A meter that was installed anew counts from elsewhere: a wider gap than this is no hole. */
const WIDEST_GAP = 1_000_000;

/** End of the window that holds `atMs`, for windows of `windowMs` aligned to the epoch. */
export function windowEndOf(atMs: number, windowMs: number): number {
  return Math.ceil(atMs / windowMs) * windowMs;
}

/** Bounds what a window takes, whatever a meter sends. */
const MOST_REMEMBERED = 10_000;

const EMPTY: WindowState = {
  windowMs: 0,
  count: 0,
  minimum: Number.POSITIVE_INFINITY,
  maximum: Number.NEGATIVE_INFINITY,
  sum: [],
  sequences: [],
  others: [],
  issued: -1,
  changed: false,
};

export class Window {
  #windowMs: number;
  readonly #sum: number[];
  readonly #sequences: SequenceSet;
  readonly #others: Set<string>;
  #count: number;
  #minimum: number;
  #maximum: number;
  #issued: number;
  #changed: boolean;

  constructor(windowMs: number, state: WindowState = EMPTY) {
    this.#windowMs = windowMs;
    this.#sum = [...state.sum];
    this.#sequences = new SequenceSet(state.sequences, MOST_REMEMBERED);
    this.#others = new Set(state.others);
    this.#count = state.count;
    this.#minimum = state.minimum;
    this.#maximum = state.maximum;
    this.#issued = state.issued;
    this.#changed = state.changed;
  }

  /** From its start to its end. */
  get windowMs(): number {
    return this.#windowMs;
  }

  /** Readings came after the last issue, or it was never issued. */
  get changed(): boolean {
    return this.#changed;
  }

  /** It has no reading and was never issued. */
  get isEmpty(): boolean {
    return this.#count === 0 && this.#issued < 0;
  }

  /**
   * Counts a sample; false when it is in the window already.
   *
   * @param windowMs how far back a window reaches that holds it: when the length was changed, windows of
   * both lengths with the same end are one, the longer
   */
  add({ atMs, temp, seq }: Sample, windowMs = this.#windowMs): boolean {
    if (!this.#remember(atMs, temp, seq)) return false;
    this.#windowMs = Math.max(this.#windowMs, windowMs);
    addExactly(this.#sum, temp);
    this.#count += 1;
    this.#minimum = Math.min(this.#minimum, temp);
    this.#maximum = Math.max(this.#maximum, temp);
    this.#changed = true;
    return true;
  }

  /** The result as of now, with the next revision. */
  issue(): WindowResult {
    this.#issued += 1;
    this.#changed = false;
    return {
      average: roundedSum(this.#sum) / this.#count,
      minimum: this.#minimum,
      maximum: this.#maximum,
      count: this.#count,
      ...this.#expected(),
      revision: this.#issued,
    };
  }

  state(): WindowState {
    return {
      windowMs: this.#windowMs,
      count: this.#count,
      minimum: this.#minimum,
      maximum: this.#maximum,
      sum: this.#sum,
      sequences: this.#sequences.ranges,
      others: [...this.#others],
      issued: this.#issued,
      changed: this.#changed,
    };
  }

  #expected(): { expectedCount?: number } {
    const { ranges } = this.#sequences;
    const gap = (ranges.at(-1) ?? Number.NaN) - (ranges[0] ?? Number.NaN);
    return gap <= WIDEST_GAP ? { expectedCount: gap + 1 + this.#others.size } : {};
  }

  #remember(atMs: number, temp: number, seq: number | undefined): boolean {
    if (seq !== undefined) return this.#sequences.add(seq);
    const identity = `${atMs} ${temp}`;
    if (this.#others.has(identity)) return false;
    this.#others.add(identity);
    if (this.#others.size > MOST_REMEMBERED) this.#forgetOldest();
    return true;
  }

  #forgetOldest(): void {
    for (const oldest of this.#others) {
      this.#others.delete(oldest);
      return;
    }
  }
}

/**
 * One meter's readings in the order in which it made them.
 *
 * After a crash a sender repeats and reorders, so a reading whose predecessor has not come yet waits.
 *
 * Invariants:
 * - readings with sequence numbers leave in ascending order, each at most once;
 * - a reading waits for its predecessors, but for at most 256 readings or 30 seconds;
 * - a reading without sequence number leaves at once.
 */
/** A reading as the detector needs it. */
export interface OrderedReading {
  readonly time: string;
  /** Event time, epoch milliseconds. */
  readonly atMs: number;
  /** Degrees Fahrenheit. */
  readonly temp: number;
  readonly seq?: number | undefined;
}

/** What is kept on disk. */
export interface ReadingOrderState {
  /** Sequence number that is to leave next; null before the first. */
  readonly next: number | null;
  /** Waiting, by ascending sequence number. */
  readonly held: readonly OrderedReading[];
  /** Ranges that were given up. */
  readonly skipped: readonly number[];
}

/** What became of a reading, and what may leave now. */
export interface Ordered {
  readonly outcome: 'ordered' | 'repeat' | 'late';
  readonly released: readonly OrderedReading[];
}

const MOST_HELD = 256;
const LONGEST_HELD_MS = 30_000;
/** Enough to tell a late reading from a repeat in any burst; older gaps are forgotten. */
const MOST_SKIPPED_RANGES = 100;

const NONE: readonly OrderedReading[] = [];

export class ReadingOrder {
  readonly #held: Map<number, OrderedReading>;
  /** First and last number of each gap that was given up and has not come since. */
  #skipped: [number, number][];
  #next: number | null;
  #heldSinceMs: number;

  constructor(monotonicMs: number, state?: ReadingOrderState) {
    this.#next = state?.next ?? null;
    this.#held = new Map(state?.held.map((reading) => [reading.seq ?? 0, reading]));
    this.#skipped = pairs(state?.skipped ?? []);
    this.#heldSinceMs = monotonicMs;
  }

  take(reading: OrderedReading, monotonicMs: number): Ordered {
    const { seq } = reading;
    if (seq === undefined) return { outcome: 'ordered', released: [reading] };
    this.#next ??= seq;
    if (seq === this.#next && this.#held.size === 0) {
      this.#next = seq + 1;
      return { outcome: 'ordered', released: [reading] };
    }
    if (seq < this.#next) {
      return { outcome: this.#wasSkipped(seq) ? 'late' : 'repeat', released: NONE };
    }
    if (this.#held.has(seq)) return { outcome: 'repeat', released: NONE };
    if (this.#held.size === 0) this.#heldSinceMs = monotonicMs;
    this.#held.set(seq, reading);
    const released = this.#releaseConsecutive();
    if (released.length > 0) this.#heldSinceMs = monotonicMs;
    if (this.#held.size > MOST_HELD) released.push(...this.#goOn());
    return { outcome: 'ordered', released };
  }

  /** Whether readings wait for others. */
  get isWaiting(): boolean {
    return this.#held.size > 0;
  }

  /** Whether readings have waited too long. */
  isOverdue(monotonicMs: number): boolean {
    return this.#held.size > 0 && monotonicMs - this.#heldSinceMs >= LONGEST_HELD_MS;
  }

  /** Gives up the gaps before everything that waits. */
  releaseOverdue(monotonicMs: number): readonly OrderedReading[] {
    const released: OrderedReading[] = [];
    while (this.isOverdue(monotonicMs)) released.push(...this.#goOn());
    return released;
  }

  state(): ReadingOrderState {
    const held = [...this.#held.values()].toSorted((a, b) => (a.seq ?? 0) - (b.seq ?? 0));
    return { next: this.#next, held, skipped: this.#skipped.flat() };
  }

  #releaseConsecutive(): OrderedReading[] {
    const released: OrderedReading[] = [];
    let next = this.#next ?? 0;
    for (let reading = this.#held.get(next); reading; reading = this.#held.get(next)) {
      this.#held.delete(next);
      released.push(reading);
      next += 1;
    }
    this.#next = next;
    return released;
  }

  /** Skips the first gap. */
  #goOn(): OrderedReading[] {
    const first = Math.min(...this.#held.keys());
    this.#skipped.push([this.#next ?? first, first - 1]);
    if (this.#skipped.length > MOST_SKIPPED_RANGES) this.#skipped.shift();
    this.#next = first;
    return this.#releaseConsecutive();
  }

  /** A skipped number that has come is no longer missing: the next time it is a repeat. */
  #wasSkipped(seq: number): boolean {
    const index = this.#skipped.findIndex(([first, last]) => seq >= first && seq <= last);
    const range = this.#skipped[index];
    if (range === undefined) return false;
    const [first, last] = range;
    const rest: [number, number][] = [
      [first, seq - 1],
      [seq + 1, last],
    ];
    this.#skipped.splice(index, 1, ...rest.filter(([from, to]) => from <= to));
    return true;
  }
}

function pairs(flat: readonly number[]): [number, number][] {
  const result: [number, number][] = [];
  for (let index = 0; index + 1 < flat.length; index += 2) {
    result.push([flat[index] ?? 0, flat[index + 1] ?? 0]);
  }
  return result;
}

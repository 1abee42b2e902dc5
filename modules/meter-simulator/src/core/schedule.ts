/**
 * When which block of meters measures: spread evenly over the interval, at the same instants of every
 * interval since the epoch.
 *
 * Invariants:
 * - each block's turn comes once in an interval, and no turn comes twice;
 * - turns that are a whole interval overdue are not made up for: they are counted and left out.
 */

/** One block's turn. */
export interface Turn {
  readonly block: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/** What the schedule is made of. */
export interface ScheduleShape {
  readonly blocks: number;
  readonly intervalMs: number;
}

export class Schedule {
  readonly #shape: ScheduleShape;
  /** Turns are numbered from the epoch on. */
  #next: number;

  /** The turns after `fromMs`; the one at that instant is the first. */
  constructor(shape: ScheduleShape, fromMs: number) {
    this.#shape = shape;
    this.#next = this.#firstAt(fromMs);
  }

  /** How long ago the next turn was due, milliseconds; 0 when nothing is. */
  behindMs(nowMs: number): number {
    return Math.max(0, nowMs - this.#dueMs(this.#next));
  }

  isDue(nowMs: number): boolean {
    return this.#dueMs(this.#next) <= nowMs;
  }

  /** The next turn, if it is due. */
  take(nowMs: number): Turn | undefined {
    if (!this.isDue(nowMs)) return undefined;
    const turn = { block: this.#next % this.#shape.blocks, atMs: this.#dueMs(this.#next) };
    this.#next += 1;
    return turn;
  }

  /** Leaves out the turns that are a whole interval overdue; their number by block. */
  leaveOut(nowMs: number): ReadonlyMap<number, number> {
    const { blocks, intervalMs } = this.#shape;
    const left = new Map<number, number>();
    const first = this.#firstAt(nowMs - intervalMs + 1);
    const count = Math.max(0, first - this.#next);
    for (let index = 0; index < Math.min(count, blocks); index += 1) {
      const rounds = Math.floor(count / blocks) + Number(index < count % blocks);
      left.set((this.#next + index) % blocks, rounds);
    }
    this.#next += count;
    return left;
  }

  #dueMs(turn: number): number {
    const { blocks, intervalMs } = this.#shape;
    const round = Math.floor(turn / blocks);
    return Math.round(round * intervalMs + ((turn % blocks) * intervalMs) / blocks);
  }

  #firstAt(atMs: number): number {
    const { blocks, intervalMs } = this.#shape;
    let turn = Math.max(0, Math.floor((atMs / intervalMs) * blocks) - 1);
    while (this.#dueMs(turn) < atMs) turn += 1;
    return turn;
  }
}

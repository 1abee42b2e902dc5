/**
 * The watch over one meter: its readings in order, scored against those before.
 *
 * Invariants:
 * - a reading is scored only if its time is later than that of the last one scored;
 * - what was scored, and how, does not depend on order of arrival, batches or restarts, as long as
 *   no gap had to be given up.
 */
import { ReadingOrder, type OrderedReading, type ReadingOrderState } from './reading-order.ts';
import { SpikeAndDip, type SpikeAndDipOptions } from './spike-and-dip.ts';

/** A reading that stands out. */
export interface FoundAnomaly {
  readonly reading: OrderedReading;
  readonly direction: 'spike' | 'dip';
  readonly score: number;
  /** Mean of the readings before, degrees Fahrenheit. */
  readonly usual: number;
  /** Time and temperature of the readings just before and at the anomaly, oldest first. */
  readonly recent: readonly (readonly [string, number])[];
}

/** What one step gave. */
export interface Watched {
  readonly anomalies: readonly FoundAnomaly[];
  readonly repeats: number;
  readonly late: number;
}

/** What is kept on disk. */
export interface MeterWatchState {
  readonly order: ReadingOrderState;
  readonly lastScored: { readonly atMs: number; readonly temp: number } | null;
  readonly recent: readonly (readonly [string, number])[];
  readonly history: Float32Array;
}

/** Readings that travel with an anomaly, itself included. */
const RECENT_READINGS = 10;

export class MeterWatch {
  readonly #order: ReadingOrder;
  #detector: SpikeAndDip;
  #lastScored: { readonly atMs: number; readonly temp: number } | null;
  #recent: (readonly [string, number])[];

  constructor(options: SpikeAndDipOptions, monotonicMs: number, state?: MeterWatchState) {
    this.#order = new ReadingOrder(monotonicMs, state?.order);
    this.#lastScored = state?.lastScored ?? null;
    this.#recent = [...(state?.recent ?? [])];
    this.#detector =
      state === undefined
        ? new SpikeAndDip(options)
        : new SpikeAndDip(options, { history: state.history, sumOfSquaredDifferences: 0 });
  }

  /** Goes on with other options and the history as far as it fits. */
  configure(options: SpikeAndDipOptions): void {
    this.#detector = new SpikeAndDip(options, this.#detector.snapshot());
  }

  take(reading: OrderedReading, monotonicMs: number): Watched {
    const { outcome, released } = this.#order.take(reading, monotonicMs);
    const scored = this.#scoreAll(released);
    return {
      anomalies: scored.anomalies,
      repeats: scored.repeats + Number(outcome === 'repeat'),
      late: scored.late + Number(outcome === 'late'),
    };
  }

  isOverdue(monotonicMs: number): boolean {
    return this.#order.isOverdue(monotonicMs);
  }

  releaseOverdue(monotonicMs: number): Watched {
    return this.#scoreAll(this.#order.releaseOverdue(monotonicMs));
  }

  state(): MeterWatchState {
    return {
      order: this.#order.state(),
      lastScored: this.#lastScored,
      recent: this.#recent,
      history: this.#detector.history,
    };
  }

  #scoreAll(readings: readonly OrderedReading[]): Watched {
    const anomalies: FoundAnomaly[] = [];
    let repeats = 0;
    let late = 0;
    for (const reading of readings) {
      const last = this.#lastScored;
      if (last === null || reading.atMs > last.atMs) anomalies.push(...this.#score(reading));
      else if (reading.seq === undefined && isSame(reading, last)) repeats += 1;
      else late += 1;
    }
    return { anomalies, repeats, late };
  }

  #score(reading: OrderedReading): FoundAnomaly[] {
    const { time, atMs, temp } = reading;
    this.#lastScored = { atMs, temp };
    this.#recent.push([time, temp]);
    if (this.#recent.length > RECENT_READINGS) this.#recent.shift();
    const verdict = this.#detector.next(temp);
    if (!verdict.isAnomaly) return [];
    const { direction, score, usual } = verdict;
    return [{ reading, direction, score, usual, recent: [...this.#recent] }];
  }
}

function isSame(reading: OrderedReading, last: { atMs: number; temp: number }): boolean {
  return reading.atMs === last.atMs && reading.temp === last.temp;
}

/**
 * The watch over one meter: its readings in order, scored against those before.
 *
 * Invariants:
 * - a reading is scored only if its time is later than that of the last one scored;
 * - what was scored, and how, does not depend on order of arrival, batches or restarts, as long as
 *   no gap had to be given up.
 */
import { ReadingOrder, type OrderedReading, type ReadingOrderState } from './reading-order.ts';
import {
  createDetector,
  type Detector,
  type DetectorMemory,
  type DetectorOptions,
} from './detector.ts';

/** How one meter is watched. */
export interface MeterWatchOptions extends DetectorOptions {
  /** A gap of more than so many usual intervals restarts learning; 0 never does. */
  readonly gapIntervals: number;
  /** Anomalies that follow one another within so many readings are one; 0 keeps each. */
  readonly cooldownReadings: number;
}

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
  /** Usual time from one reading to the next, milliseconds; 0 while unknown. */
  readonly intervalMs: number;
  /** Readings scored since the last anomaly; null before the first. */
  readonly sinceAnomaly: number | null;
  readonly detector: DetectorMemory;
}

/** Readings that travel with an anomaly, itself included. */
const RECENT_READINGS = 10;
/** Weight of the latest interval in the usual one, and how many times the usual one it may count. */
const INTERVAL_WEIGHT = 1 / 16;
const LONGEST_COUNTED = 3;

export class MeterWatch {
  readonly #order: ReadingOrder;
  #options: MeterWatchOptions;
  #detector: Detector;
  #intervalMs: number;
  #sinceAnomaly: number | null;
  #lastScored: { readonly atMs: number; readonly temp: number } | null;
  #recent: (readonly [string, number])[];

  constructor(options: MeterWatchOptions, monotonicMs: number, state?: MeterWatchState) {
    this.#options = options;
    this.#order = new ReadingOrder(monotonicMs, state?.order);
    this.#lastScored = state?.lastScored ?? null;
    this.#recent = [...(state?.recent ?? [])];
    this.#intervalMs = state?.intervalMs ?? 0;
    this.#sinceAnomaly = state?.sinceAnomaly ?? null;
    this.#detector = createDetector(options, state?.detector);
  }

  /** Goes on with other options and what was learnt, as far as it fits. */
  configure(options: MeterWatchOptions): void {
    this.#options = options;
    this.#detector = createDetector(options, this.#detector.memory());
  }

  /**
   * No reading is later than this, as far as is known now. Where one was scored that is, since nobody
   * knew better, the order begins anew: or all that follows would be late.
   */
  believe(latestMs: number | undefined): void {
    const last = this.#lastScored;
    if (latestMs === undefined || last === null || last.atMs <= latestMs) return;
    this.#lastScored = null;
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

  /** Whether readings wait for others that must come first. */
  get isWaiting(): boolean {
    return this.#order.isWaiting;
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
      intervalMs: this.#intervalMs,
      sinceAnomaly: this.#sinceAnomaly,
      detector: this.#detector.memory(),
    };
  }

  #scoreAll(readings: readonly OrderedReading[]): Watched {
    const anomalies: FoundAnomaly[] = [];
    let repeats = 0;
    let late = 0;
    for (const reading of readings) {
      const last = this.#lastScored;
      if (last === null || reading.atMs > last.atMs) this.#score(reading, anomalies);
      else if (reading.seq === undefined && isSame(reading, last)) repeats += 1;
      else late += 1;
    }
    return { anomalies, repeats, late };
  }

  /** Adds what was found. */
  #score(reading: OrderedReading, anomalies: FoundAnomaly[]): void {
    const { time, atMs, temp } = reading;
    this.#noteInterval(atMs);
    this.#lastScored = { atMs, temp };
    this.#recent.push([time, temp]);
    if (this.#recent.length > RECENT_READINGS) this.#recent.shift();
    if (this.#sinceAnomaly !== null) this.#sinceAnomaly += 1;
    const verdict = this.#detector.next(temp);
    if (!verdict.isAnomaly) return;
    const since = this.#sinceAnomaly;
    this.#sinceAnomaly = 0;
    if (since !== null && since <= this.#options.cooldownReadings) return;
    const { direction, score, usual } = verdict;
    anomalies.push({ reading, direction, score, usual, recent: [...this.#recent] });
  }

  /** Learns the usual interval; after a gap what was usual before it says little. */
  #noteInterval(atMs: number): void {
    if (this.#lastScored === null) return;
    const interval = atMs - this.#lastScored.atMs;
    const usual = this.#intervalMs;
    if (usual === 0) {
      this.#intervalMs = interval;
      return;
    }
    const { gapIntervals } = this.#options;
    if (gapIntervals > 0 && interval > gapIntervals * usual) {
      this.#detector.restart();
      this.#recent = [];
    }
    const counted = Math.min(interval, LONGEST_COUNTED * usual);
    this.#intervalMs = usual + INTERVAL_WEIGHT * (counted - usual);
  }
}

function isSame(reading: OrderedReading, last: { atMs: number; temp: number }): boolean {
  return reading.atMs === last.atMs && reading.temp === last.temp;
}

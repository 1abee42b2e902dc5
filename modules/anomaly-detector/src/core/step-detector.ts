/**
 * Finds what departs from a series that drifts, swings and carries noise with memory: single values far
 * off, and levels that shift by little more than the noise.
 *
 * Two trackers follow the series, a slow one that sees small shifts and a quick one that keeps up with
 * swings. A value is anomalous when a step that ends at it is likelier than the confidence allows
 * noise to be. The step is then taken over, so that both trackers go on at the new level.
 *
 * Invariants:
 * - one departure is one anomaly: neither its later values nor the return from it are a second one;
 * - no value, however huge, leaves a trace that makes later values look usual or unusual;
 * - a value that is not a finite number leaves the detector unchanged;
 * - a detector restored from its state goes on as the one that made it.
 */
import { LevelTracker, type StepCandidate } from './level-tracker.ts';
import { normalQuantile, normalUpperTail } from './normal-distribution.ts';
import { alertThreshold, scoreOf, SMALLEST_P_VALUE, type SpikeAndDipMode } from './p-value.ts';
import { trackerKind } from './step-signature.ts';
import type { Verdict } from './verdict.ts';

/** How a series is watched. */
export interface StepDetectorOptions {
  /** Percent, 50 to 100. */
  readonly confidence: number;
  /** Values by which the usual noise is known; the memory of it fades over eight times as many. */
  readonly historySize: number;
  readonly mode: SpikeAndDipMode;
  /** Values before the first alert; never fewer than 30. */
  readonly minimumHistory?: number | undefined;
}

/** A departure that has not ended yet. */
interface Departure {
  /** Values since it began. */
  readonly age: number;
  /** Upward positive. */
  readonly size: number;
}

/** Found by trying on labelled series and on the meters' own generator: `npm run bench:detect`. */
const KINDS = [
  { levelGain: 0.02, slopeGain: 0.0005, reach: 32 },
  { levelGain: 0.1, slopeGain: 0.05, reach: 12 },
].map(trackerKind);
/** Nothing is anomalous among so many first values. */
const WARM_UP = 30;
/** Steps in one direction that follow each other this closely are one departure. */
const SAME_DEPARTURE = 20;
/** After so many values a departure is the new usual; a step back is then a departure itself. */
const LONGEST_DEPARTURE = 220;
/** A step back is the return from a departure up to so many times its size… */
const RETURN_RATIO = 2;
/** …and so many deviations more. */
const RETURN_SLACK = 1;
/** Farther off than so many deviations, a value is not followed at all. */
const FAR = 1e4;
/** So many far values in a row are a new series. */
const FAR_RUN = 3;
const NOISE_MEMORY_PER_HISTORY = 8;
const NO_DEPARTURE = -1;
/** Six numbers of the detector; ten and two for each value of its reach of each tracker. */
const SNAPSHOT_LENGTH = 6 + KINDS.reduce((sum, { shape }) => sum + 10 + 2 * shape.reach, 0);

export class StepDetector {
  readonly #mode: SpikeAndDipMode;
  readonly #limit: number;
  readonly #warmUp: number;
  readonly #trackers: readonly LevelTracker[];
  #seen = 0;
  #farRun = 0;
  #departure: Departure | null = null;
  #sinceStep = Infinity;
  #lastDirection = 0;

  /** @param snapshot of a detector; one of another form is left unused */
  constructor(options: StepDetectorOptions, snapshot?: Float64Array) {
    const { confidence, historySize, mode, minimumHistory = WARM_UP } = options;
    this.#mode = mode;
    this.#warmUp = Math.max(WARM_UP, minimumHistory);
    this.#limit = limitOf(confidence);
    const memory = NOISE_MEMORY_PER_HISTORY * historySize;
    this.#trackers = KINDS.map((kind) => new LevelTracker(kind, memory));
    if (snapshot?.length === SNAPSHOT_LENGTH) this.#restore(snapshot);
  }

  /** Judges `value` and follows it. */
  next(value: number): Verdict {
    if (!Number.isFinite(value)) return { isAnomaly: false, score: Number.NaN };
    this.#seen += 1;
    this.#sinceStep += 1;
    if (this.#departure !== null) this.#departure = aged(this.#departure);
    const usual = this.#usual(value);
    const step = this.#isFar(value) ? this.#stepFar(value) : this.#follow(value);
    const score = scoreOf(normalUpperTail(step.z), this.#mode);
    const isAnomaly = Math.abs(step.z) > this.#limit && this.#isNews(step);
    if (!isAnomaly || !this.#isWatched(step.z)) return { isAnomaly: false, score };
    return { isAnomaly, score, usual, direction: step.z > 0 ? 'spike' : 'dip' };
  }

  /** Begins anew, as after a gap; what is known of the noise stays. */
  restart(): void {
    for (const tracker of this.#trackers) tracker.restart();
    this.#seen = 0;
    this.#farRun = 0;
    this.#departure = null;
  }

  /** What is remembered: 912 bytes. */
  snapshot(): Float64Array {
    const { age, size } = this.#departure ?? { age: NO_DEPARTURE, size: 0 };
    const numbers = [this.#seen, this.#farRun, age, size, this.#sinceStep, this.#lastDirection];
    for (const tracker of this.#trackers) tracker.save(numbers);
    return Float64Array.from(numbers);
  }

  #restore(snapshot: Float64Array): void {
    let position = 0;
    const next = () => snapshot[position++] ?? 0;
    this.#seen = next();
    this.#farRun = next();
    const [age, size] = [next(), next()];
    this.#departure = age === NO_DEPARTURE ? null : { age, size };
    this.#sinceStep = next();
    this.#lastDirection = next();
    for (const tracker of this.#trackers) tracker.restore(next);
  }

  #usual(value: number): number {
    const expected = this.#trackers[0]?.expected ?? Number.NaN;
    return Number.isNaN(expected) ? value : expected;
  }

  #isFar(value: number): boolean {
    if (this.#seen <= this.#warmUp) return false;
    return this.#trackers.every(
      (tracker) => Math.abs(value - tracker.expected) > FAR * tracker.deviation,
    );
  }

  /** Nothing is computed with it that would leave a rounding error of its size behind. */
  #stepFar(value: number): StepCandidate {
    const [slow] = this.#trackers;
    const size = value - (slow?.expected ?? value);
    this.#farRun += 1;
    if (this.#farRun >= FAR_RUN) {
      this.#farRun = 0;
      for (const tracker of this.#trackers) {
        tracker.restart();
        tracker.follow(value);
      }
    }
    return { z: Math.sign(size) * FAR, size, age: 0 };
  }

  #follow(value: number): StepCandidate {
    this.#farRun = 0;
    let step: StepCandidate = { z: 0, size: 0, age: 0 };
    for (const tracker of this.#trackers) {
      tracker.follow(value);
      const candidate = this.#seen > this.#warmUp ? tracker.candidate() : step;
      if (Math.abs(candidate.z) > Math.abs(step.z)) step = candidate;
    }
    if (Math.abs(step.z) > this.#limit) {
      for (const tracker of this.#trackers) tracker.correct(step);
    }
    for (const tracker of this.#trackers) tracker.learn();
    return step;
  }

  /** Whether a step begins a departure, and is neither part of one nor the return from it. */
  #isNews({ size }: StepCandidate): boolean {
    const direction = Math.sign(size);
    const open = this.#departure;
    if (open !== null && direction === -Math.sign(open.size) && this.#isReturn(size, open)) {
      this.#departure = null;
      this.#sinceStep = 0;
      this.#lastDirection = direction;
      return false;
    }
    const continues = direction === this.#lastDirection && this.#sinceStep <= SAME_DEPARTURE;
    const grows = open !== null && direction === Math.sign(open.size);
    this.#departure = grows ? { ...open, size: open.size + size } : { age: 0, size };
    this.#sinceStep = 0;
    this.#lastDirection = direction;
    return !continues;
  }

  #isReturn(size: number, open: Departure): boolean {
    const deviation = this.#trackers[0]?.deviation ?? 0;
    return Math.abs(size) <= RETURN_RATIO * Math.abs(open.size) + RETURN_SLACK * deviation;
  }

  #isWatched(z: number): boolean {
    return this.#mode === 'spikesanddips' || this.#mode === (z > 0 ? 'spikes' : 'dips');
  }
}

/** The limit that was asked for last: nearly all meters have the same. */
let lastLimit = { confidence: Number.NaN, limit: Number.NaN };

/** Deviations from which on a step is anomalous. */
function limitOf(confidence: number): number {
  if (lastLimit.confidence !== confidence) {
    const threshold = Math.max(alertThreshold(confidence), SMALLEST_P_VALUE / 10);
    lastLimit = { confidence, limit: normalQuantile(threshold) };
  }
  return lastLimit.limit;
}

function aged({ age, size }: Departure): Departure | null {
  return age >= LONGEST_DEPARTURE ? null : { age: age + 1, size };
}

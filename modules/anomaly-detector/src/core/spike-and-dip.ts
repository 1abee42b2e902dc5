/**
 * Spikes and dips in one series: each value is scored against the `historySize` values before it.
 *
 * Invariants:
 * - no value is anomalous before it has filled the history, or the part of it that was asked for;
 * - an anomalous value stays in the history, as in Stream Analytics, unless it was asked to be left
 *   out; a run of them is taken in after all, so that a new level becomes usual;
 * - a detector restored from a snapshot goes on exactly as the one that made it;
 * - a value that is not a finite number leaves a robust detector unchanged.
 *
 * Source: ML.NET's IID spike detector. `parity` repeats its arithmetic operation by operation,
 * including its running sum that one huge value spoils for ever; it is for comparing with published
 * numbers. `robust` computes the same p-value from the history itself, and is what runs.
 */
import {
  alertThreshold,
  errorFunction,
  kernelBandwidth,
  meanOf,
  scoreOf,
  sumOfSquaredDifferences,
  upperTail,
  type SpikeAndDipMode,
} from './p-value.ts';

import type { Verdict } from './verdict.ts';

export type { SpikeAndDipMode } from './p-value.ts';
export type { Verdict } from './verdict.ts';

/** How a series is watched. */
export interface SpikeAndDipOptions {
  /** Percent, 0 to 100; 100 never alerts, because p-values end at 1e-8. */
  readonly confidence: number;
  /** Values remembered, at least 1. */
  readonly historySize: number;
  readonly mode: SpikeAndDipMode;
  readonly variant: 'parity' | 'robust';
  /** Values, the current one included, before the first alert; the history's size by default. */
  readonly minimumHistory?: number | undefined;
  /** Keeps anomalous values out of the history. */
  readonly leaveOutAnomalies?: boolean | undefined;
}

/** So many anomalous values in a row are the new usual. */
const LONGEST_LEFT_OUT = 30;

/** What a detector remembers. */
export interface SpikeAndDipSnapshot {
  /** Oldest first. */
  readonly history: Float32Array;
  /** The running sum over pairs; only `parity` depends on it. */
  readonly sumOfSquaredDifferences: number;
}

/** Scores the values of one series in the order they come. */
export class SpikeAndDip {
  readonly #options: SpikeAndDipOptions;
  readonly #threshold: number;
  /** Twice the history, so that the oldest-first view is always one piece. */
  readonly #values: Float32Array;
  #start = 0;
  #count = 0;
  #sum = 0;
  #leftOut = 0;

  /** @param snapshot of a detector with perhaps another history size: its latest values are kept */
  constructor(options: SpikeAndDipOptions, snapshot?: SpikeAndDipSnapshot) {
    this.#options = options;
    this.#threshold = alertThreshold(options.confidence);
    this.#values = new Float32Array(2 * options.historySize);
    if (snapshot === undefined) return;
    const kept = snapshot.history.slice(-options.historySize);
    this.#values.set(kept);
    this.#count = kept.length;
    this.#sum =
      kept.length === snapshot.history.length
        ? snapshot.sumOfSquaredDifferences
        : sumOfSquaredDifferences(kept);
  }

  /** The values remembered, oldest first: a view that the next value changes. */
  get history(): Float32Array {
    return this.#values.subarray(this.#start, this.#start + this.#count);
  }

  /** The running sum over pairs, which `parity` goes on from. */
  get sumOfSquaredDifferences(): number {
    return this.#sum;
  }

  /** Scores `value` and remembers it. */
  next(value: number): Verdict {
    const x = Math.fround(value);
    if (!this.#usable(x)) return { isAnomaly: false, score: Number.NaN };
    const { mode, variant, historySize, minimumHistory = historySize } = this.#options;
    const sum = this.#sum;
    const tail = variant === 'parity' ? this.#runningTail(x) : upperTail(this.history, x);
    const score = scoreOf(tail, mode);
    const needed = Math.min(minimumHistory, historySize);
    const fills = this.#count >= needed - 1;
    const verdict: Verdict =
      fills && score <= this.#threshold
        ? { isAnomaly: true, score, direction: directionOf(tail, mode), usual: this.#usual(x) }
        : { isAnomaly: false, score };
    if (this.#isLeftOut(verdict)) this.#sum = sum;
    else this.#remember(x);
    return verdict;
  }

  /** A copy of what this detector remembers. */
  snapshot(): SpikeAndDipSnapshot {
    return { history: this.history.slice(), sumOfSquaredDifferences: this.#sum };
  }

  #isLeftOut({ isAnomaly }: Verdict): boolean {
    const isLeftOut =
      isAnomaly && this.#options.leaveOutAnomalies === true && this.#leftOut < LONGEST_LEFT_OUT;
    this.#leftOut = isAnomaly ? this.#leftOut + 1 : 0;
    return isLeftOut;
  }

  #usable(x: number): boolean {
    return this.#options.variant === 'parity' ? !Number.isNaN(x) : Number.isFinite(x);
  }

  /** A history of one has no value before the one that fills it. */
  #usual(x: number): number {
    return this.#count === 0 ? x : meanOf(this.history);
  }

  /** The upper tail by ML.NET's running sum. The order of its operations decides the last bits. */
  #runningTail(x: number): number {
    const history = this.history;
    const count = history.length;
    if (count === 0) return 0.5;
    const bandwidth = kernelBandwidth(this.#sum, count);
    let tails = 0;
    for (const past of history) {
      const difference = x - past;
      tails -= errorFunction(difference / bandwidth);
      this.#sum += difference * difference;
    }
    if (count === this.#options.historySize) this.#forgetOldest(history, x);
    return 0.5 + tails / (2 * count);
  }

  #forgetOldest(history: Float32Array, x: number): void {
    const [oldest = Number.NaN, ...rest] = history;
    for (const later of rest) {
      // ML.NET subtracts two 32-bit floats here and rounds; its published numbers show it.
      const difference = Math.fround(oldest - later);
      this.#sum -= difference * difference;
    }
    this.#sum -= (oldest - x) ** 2;
  }

  #remember(x: number): void {
    const { historySize } = this.#options;
    if (this.#count === historySize) {
      this.#start += 1;
      this.#count -= 1;
    }
    if (this.#start + this.#count === this.#values.length) {
      this.#values.copyWithin(0, this.#start);
      this.#start = 0;
    }
    this.#values[this.#start + this.#count] = x;
    this.#count += 1;
  }
}

function directionOf(tail: number, mode: SpikeAndDipMode): 'spike' | 'dip' {
  if (mode === 'spikes') return 'spike';
  if (mode === 'dips') return 'dip';
  return tail <= 0.5 ? 'spike' : 'dip';
}

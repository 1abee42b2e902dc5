/**
 * `AnomalyDetection_SpikeAndDip(value, confidence, historySize, mode) OVER (…)`.
 *
 * The score is the p-value of ML.NET's spike detector beside the values within LIMIT DURATION, at
 * most `historySize` of them. As there, a row can be anomalous only once it and the values before
 * it fill the history. The service imputes missing values by a method that is not published; here
 * nothing is imputed, so after a gap nothing is anomalous until the history is full again, and the
 * rows passed over are counted.
 */
import {
  alertThreshold,
  pValue,
  type SpikeAndDipMode,
} from '../../../../../modules/anomaly-detector/src/core/p-value.ts';
import { numeric } from '../arithmetic.ts';
import type { Evaluate } from '../plan/scope.ts';
import type { Position } from '../query-error.ts';
import type { Row } from '../row.ts';
import { record, type Value } from '../values.ts';
import { partitionOf, type AnalyticFunction, type OverSpec } from './analytic.ts';
import type { StateChange } from './keyed-state.ts';
import { PartitionHistory } from './partition-history.ts';

/** The constant arguments of the function. */
export interface SpikeAndDipArguments {
  /** Percent, 1 to 100. */
  readonly confidence: number;
  readonly historySize: number;
  readonly mode: SpikeAndDipMode;
  readonly at: Position;
}

/** Scores each row of a partition; the result is a record of `IsAnomaly` and `Score`. */
export class SpikeAndDipFunction implements AnalyticFunction {
  readonly #over: OverSpec;
  readonly #value: Evaluate;
  readonly #arguments: SpikeAndDipArguments;
  readonly #history: PartitionHistory;
  #passedOver = 0;

  constructor(over: OverSpec, value: Evaluate, args: SpikeAndDipArguments) {
    this.#over = over;
    this.#value = value;
    this.#arguments = args;
    const { id, durationMs } = over;
    this.#history = new PartitionHistory(id, { durationMs, capacity: args.historySize });
  }

  /** Rows that could not be anomalous because a gap had emptied their history. */
  get passedOver(): number {
    return this.#passedOver;
  }

  next(row: Row): Value {
    const value = this.#value(row);
    if (value === null || !(this.#over.when?.(row) ?? true)) return verdict(0n, null);
    const number = Number(numeric(value, this.#arguments.at));
    if (!Number.isFinite(number)) return verdict(0n, null);
    const key = partitionOf(this.#over, row);
    const history = this.#history.recent(key, row.timestampMs).map(Number);
    const isMature = this.#history.isMature(key, row.timestampMs);
    this.#history.remember(key, row.timestampMs, number);
    const { confidence, historySize, mode } = this.#arguments;
    const score = pValue(history, number, mode);
    const isFull = history.length + 1 >= historySize;
    if (isMature && !isFull) this.#passedOver += 1;
    return verdict(isFull && score <= alertThreshold(confidence) ? 1n : 0n, score);
  }

  takeChanges(): StateChange[] {
    return this.#history.takeChanges();
  }

  restore(key: string, text: string): void {
    this.#history.restore(key, text);
  }
}

function verdict(isAnomaly: bigint, score: number | null): Value {
  return record([
    ['IsAnomaly', isAnomaly],
    ['Score', score],
  ]);
}

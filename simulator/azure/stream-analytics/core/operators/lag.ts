import type { Evaluate } from '../plan/scope.ts';
import type { Row } from '../row.ts';
import type { Value } from '../values.ts';
import { partitionOf, type AnalyticFunction, type OverSpec } from './analytic.ts';
import type { StateChange } from './keyed-state.ts';
import { PartitionHistory } from './partition-history.ts';

/** `LAG(value, offset, default) OVER (…)`: the value of an earlier row of the partition. */
export class Lag implements AnalyticFunction {
  readonly #over: OverSpec;
  readonly #value: Evaluate;
  readonly #offset: number;
  readonly #otherwise: Evaluate;
  readonly #history: PartitionHistory;

  constructor(over: OverSpec, value: Evaluate, offset: number, otherwise: Evaluate) {
    this.#over = over;
    this.#value = value;
    this.#offset = offset;
    this.#otherwise = otherwise;
    const { id, durationMs } = over;
    this.#history = new PartitionHistory(id, { durationMs, capacity: offset });
  }

  next(row: Row): Value {
    const key = partitionOf(this.#over, row);
    const past = this.#history.recent(key, row.timestampMs).at(-this.#offset);
    if (this.#over.when?.(row) ?? true) {
      this.#history.remember(key, row.timestampMs, this.#value(row));
    }
    return past === undefined ? this.#otherwise(row) : past;
  }

  takeChanges(): StateChange[] {
    return this.#history.takeChanges();
  }

  restore(key: string, text: string): void {
    this.#history.restore(key, text);
  }
}

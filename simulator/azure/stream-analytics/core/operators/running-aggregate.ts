import type { AggregateName } from '../plan/aggregate-names.ts';
import type { Evaluate } from '../plan/scope.ts';
import type { Position } from '../query-error.ts';
import type { Row } from '../row.ts';
import type { Value } from '../values.ts';
import { createAccumulator } from './accumulator.ts';
import { partitionOf, type AnalyticFunction, type OverSpec } from './analytic.ts';
import type { StateChange } from './keyed-state.ts';
import { PartitionHistory } from './partition-history.ts';

/**
 * `AVG(value) OVER (…)` and its like: over the rows within the duration, the current one included.
 *
 * It is computed anew for each row, so that no rounding builds up.
 */
export class RunningAggregate implements AnalyticFunction {
  readonly #over: OverSpec;
  readonly #name: AggregateName;
  readonly #value: Evaluate;
  readonly #at: Position;
  readonly #history: PartitionHistory;

  constructor(over: OverSpec, name: AggregateName, value: Evaluate, at: Position) {
    this.#over = over;
    this.#name = name;
    this.#value = value;
    this.#at = at;
    const { id, durationMs } = over;
    this.#history = new PartitionHistory(id, { durationMs, capacity: Infinity });
  }

  next(row: Row): Value {
    const key = partitionOf(this.#over, row);
    if (this.#over.when?.(row) ?? true) {
      this.#history.remember(key, row.timestampMs, this.#value(row));
    }
    const accumulator = createAccumulator(this.#name, this.#at);
    for (const value of this.#history.recent(key, row.timestampMs)) accumulator.add(value);
    return accumulator.result();
  }

  takeChanges(): StateChange[] {
    return this.#history.takeChanges();
  }

  restore(key: string, text: string): void {
    this.#history.restore(key, text);
  }
}

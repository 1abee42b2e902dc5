/**
 * Functions with OVER: they look at their step's input, before WHERE.
 *
 * Source: Stream Analytics query language, "OVER", "LAG" and "AnomalyDetection_SpikeAndDip".
 */
import type { Test } from '../plan/compile-condition.ts';
import type { Evaluate } from '../plan/scope.ts';
import type { Downstream, Row, Watermark } from '../row.ts';
import { groupingKey, type Value } from '../values.ts';
import type { Stateful } from './keyed-state.ts';

/** One analytic function: computes its value for a row and remembers the row. */
export interface AnalyticFunction extends Stateful {
  next(row: Row): Value;
}

/** What every OVER clause has. */
export interface OverSpec {
  /** Name of its state, unique in the job. */
  readonly id: string;
  readonly partitionBy: readonly Evaluate[];
  /** LIMIT DURATION, milliseconds. */
  readonly durationMs: number;
  readonly when: Test | undefined;
}

/** The partition of a row. */
export function partitionOf({ partitionBy }: OverSpec, row: Row): string {
  return groupingKey([row.substream, ...partitionBy.map((key) => key(row))]);
}

/** Puts the values of analytic functions into the slots of each row. */
export class Analytic implements Downstream {
  readonly #functions: readonly AnalyticFunction[];
  readonly #next: Downstream;

  constructor(functions: readonly AnalyticFunction[], next: Downstream) {
    this.#functions = functions;
    this.#next = next;
  }

  row(row: Row): void {
    const slots = this.#functions.map((analytic) => analytic.next(row));
    this.#next.row({ ...row, slots });
  }

  watermark(mark: Watermark): void {
    this.#next.watermark(mark);
  }

  end(): void {
    this.#next.end();
  }
}

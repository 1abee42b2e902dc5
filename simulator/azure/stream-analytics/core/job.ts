/**
 * One job: a query with its inputs, time policies and outputs. Pure: events and instants come in
 * as arguments, results are taken out.
 *
 * Invariant: a job restored from all state changes taken so far goes on exactly as this one.
 */
import { parseQuery } from './language/query-parser.ts';
import type { StateChange, Stateful } from './operators/keyed-state.ts';
import { SpikeAndDipFunction } from './operators/spike-and-dip.ts';
import { InputStage } from './input-stage.ts';
import type { JobCounters } from './job-counters.ts';
import { planQuery } from './plan/plan-query.ts';
import type { Downstream, InputEvent } from './row.ts';
import type { TimePolicySettings } from './time-policy.ts';
import type { SqlRecord } from './values.ts';

/** How a query is made into a job. */
export interface JobOptions {
  /** Absent in local runs over files, where no policy applies. */
  readonly timePolicy?: TimePolicySettings;
  /** Names of the project's inputs and outputs, to refuse others. */
  readonly knownInputs?: readonly string[];
  readonly knownOutputs?: readonly string[];
}

/** Rows by output. */
export type JobOutput = ReadonlyMap<string, readonly SqlRecord[]>;

/** A running query. */
export class Job {
  readonly #inputs = new Map<string, InputStage>();
  readonly #stateful = new Map<string, Stateful>();
  #output = new Map<string, SqlRecord[]>();

  /** @throws QueryError with line, column and reason */
  constructor(source: string, options: JobOptions = {}) {
    const plan = planQuery(parseQuery(source), {
      ...options,
      output: (alias) => this.#collector(alias),
    });
    for (const [id, stateful] of plan.stateful) this.#stateful.set(id, stateful);
    for (const input of plan.inputs) {
      const stage = new InputStage(input, options.timePolicy);
      this.#inputs.set(input.alias.toLowerCase(), stage);
      this.#stateful.set(stage.id, stage);
    }
    this.inputs = plan.inputs.map(({ alias }) => alias);
    this.outputs = plan.outputs;
  }

  /** Aliases of the inputs that the query reads. */
  readonly inputs: readonly string[];
  /** Aliases of the outputs that the query writes. */
  readonly outputs: readonly string[];

  /**
   * Takes one event of an input.
   *
   * @throws QueryFault when a value cannot be converted where the query insists
   */
  push(alias: string, event: InputEvent): void {
    this.#inputs.get(alias.toLowerCase())?.push(event);
  }

  /** Counts elements of a message that are no JSON object: they cannot be taken. */
  countUnreadable(alias: string, count: number): void {
    this.#inputs.get(alias.toLowerCase())?.countUnreadable(count);
  }

  /** Lets time pass while nothing arrives, so that windows can close. */
  passTime(nowMs: number): void {
    for (const input of this.#inputs.values()) input.passTime(nowMs);
  }

  /** Closes everything: no event will come any more. */
  end(): void {
    for (const input of this.#inputs.values()) input.end();
  }

  /** Rows given out since the last call. */
  takeOutput(): JobOutput {
    const output = this.#output;
    this.#output = new Map();
    return output;
  }

  /** State that changed since the last call. */
  takeStateChanges(): StateChange[] {
    return [...this.#stateful.values()].flatMap((stateful) => stateful.takeChanges());
  }

  /** Puts back saved state; entries of operators that this query does not have are ignored. */
  restore(entries: Iterable<{ operator: string; key: string; text: string }>): void {
    for (const { operator, key, text } of entries) this.#stateful.get(operator)?.restore(key, text);
  }

  /** What became of the events since this object was made. */
  counters(): JobCounters {
    const counts = [...this.#inputs.values()].map((input) => input.counters);
    const total = (name: keyof JobCounters): number =>
      counts.reduce((sum, count) => sum + count[name], 0);
    return {
      eventsIn: total('eventsIn'),
      lateEvents: total('lateEvents'),
      outOfOrderEvents: total('outOfOrderEvents'),
      droppedEvents: total('droppedEvents'),
      conversionErrors: total('conversionErrors'),
    };
  }

  /** Rows that AnomalyDetection_SpikeAndDip could not judge because of a gap before them. */
  rowsBehindGaps(): number {
    let rows = 0;
    for (const stateful of this.#stateful.values()) {
      if (stateful instanceof SpikeAndDipFunction) rows += stateful.passedOver;
    }
    return rows;
  }

  #collector(alias: string): Downstream {
    return {
      row: ({ columns }) => {
        const rows = this.#output.get(alias);
        if (rows === undefined) this.#output.set(alias, [columns]);
        else rows.push(columns);
      },
      watermark: () => undefined,
      end: () => undefined,
    };
  }
}

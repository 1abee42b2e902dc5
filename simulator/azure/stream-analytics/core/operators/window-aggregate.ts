/**
 * GROUP BY over a tumbling window or over equal timestamps (snapshot window).
 *
 * Invariants:
 * - windows are (start, end], aligned to the epoch; their rows are stamped with the end;
 * - a window closes once, when the watermark of its timeline is past its end;
 * - windows of a timeline close in the order of their ends;
 * - a group without a row gives no row.
 *
 * Source: Stream Analytics query language, "Tumbling window" and "Snapshot window".
 */
import type { AggregateName } from '../plan/aggregate-names.ts';
import type { Evaluate } from '../plan/scope.ts';
import type { Position } from '../query-error.ts';
import type { Downstream, Row, Watermark } from '../row.ts';
import { decodeValue, encodeValue, text, type Json } from '../state-codec.ts';
import { groupingKey, record, type Value } from '../values.ts';
import { createAccumulator, type Accumulator } from './accumulator.ts';
import { KeyedState, type Stateful, type StateChange } from './keyed-state.ts';

/** One aggregate of a SELECT; without `argument` it counts rows. */
export interface AggregateCall {
  readonly name: AggregateName;
  readonly argument: Evaluate | undefined;
  readonly at: Position;
}

/** What to group by and what to compute. */
export interface WindowAggregateSpec {
  readonly id: string;
  /** Length of the tumbling window, milliseconds; 0 groups equal timestamps. */
  readonly sizeMs: number;
  readonly keys: readonly Evaluate[];
  readonly aggregates: readonly AggregateCall[];
}

interface Group {
  readonly keys: readonly Value[];
  readonly accumulators: readonly Accumulator[];
}

type Windows = Map<number, Map<string, Group>>;

const NO_COLUMNS = record([]);

/** End of the window that holds an instant. */
export function windowEnd(timestampMs: number, sizeMs: number): number {
  return sizeMs === 0 ? timestampMs : Math.ceil(timestampMs / sizeMs) * sizeMs;
}

/** Computes aggregates. The rows it gives out carry keys, then results, in their slots. */
export class WindowAggregate implements Downstream, Stateful {
  readonly #spec: WindowAggregateSpec;
  readonly #next: Downstream;
  /** By timeline. */
  readonly #windows: KeyedState<Windows>;

  constructor(spec: WindowAggregateSpec, next: Downstream) {
    this.#spec = spec;
    this.#next = next;
    this.#windows = new KeyedState(spec.id, {
      save: saveWindows,
      load: (json) => this.#load(json),
    });
  }

  row(row: Row): void {
    const windows = this.#windows.get(row.substream) ?? new Map();
    const end = windowEnd(row.timestampMs, this.#spec.sizeMs);
    const groups = windows.get(end) ?? new Map();
    const keys = this.#spec.keys.map((key) => key(row));
    const groupKey = groupingKey(keys);
    const group = groups.get(groupKey) ?? this.#newGroup(keys);
    for (const [index, { argument }] of this.#spec.aggregates.entries()) {
      group.accumulators[index]?.add(argument === undefined ? true : argument(row));
    }
    this.#windows.set(row.substream, windows.set(end, groups.set(groupKey, group)));
  }

  watermark(mark: Watermark): void {
    this.#close(mark.substream, mark.timeMs);
    this.#next.watermark(mark);
  }

  end(): void {
    for (const substream of this.#windows.keys()) this.#close(substream, Infinity);
    this.#next.end();
  }

  takeChanges(): StateChange[] {
    return this.#windows.takeChanges();
  }

  restore(key: string, text: string): void {
    this.#windows.restore(key, text);
  }

  #newGroup(keys: readonly Value[]): Group {
    const accumulators = this.#spec.aggregates.map(({ name, at }) => createAccumulator(name, at));
    return { keys, accumulators };
  }

  /** A row stamped with the end itself may still come while the watermark is exactly there. */
  #close(substream: string, watermarkMs: number): void {
    const windows = this.#windows.get(substream);
    if (windows === undefined) return;
    const ends = [...windows.keys()].filter((end) => end < watermarkMs).toSorted((a, b) => a - b);
    if (ends.length === 0) return;
    for (const end of ends) {
      const groups = windows.get(end) ?? new Map<string, Group>();
      windows.delete(end);
      for (const group of groups.values()) this.#giveOut(substream, end, group);
    }
    if (windows.size === 0) this.#windows.delete(substream);
    else this.#windows.set(substream, windows);
  }

  #giveOut(substream: string, timestampMs: number, { keys, accumulators }: Group): void {
    const slots = [...keys, ...accumulators.map((accumulator) => accumulator.result())];
    this.#next.row({ timestampMs, substream, columns: NO_COLUMNS, slots, event: undefined });
  }

  #load(json: Json): Windows {
    return new Map(
      pairs(json).map(([end, groups]) => [
        Number(end),
        new Map(pairs(groups).map(([key, group]) => [text(key), this.#loadGroup(group)])),
      ]),
    );
  }

  #loadGroup(json: Json): Group {
    const [keys = [], saved = []] = list(json);
    const states = list(saved);
    return {
      keys: list(keys).map(decodeValue),
      accumulators: this.#spec.aggregates.map(({ name, at }, index) =>
        createAccumulator(name, at, states[index]),
      ),
    };
  }
}

function saveWindows(windows: Windows): Json {
  return [...windows].map(([end, groups]) => [
    end,
    [...groups].map(([key, { keys, accumulators }]) => [
      key,
      [keys.map(encodeValue), accumulators.map((accumulator) => accumulator.save())],
    ]),
  ]);
}

function list(json: Json): readonly Json[] {
  return Array.isArray(json) ? json : [];
}

function pairs(json: Json): (readonly [Json, Json])[] {
  return list(json).map((pair) => {
    const [first = null, second = null] = list(pair);
    return [first, second];
  });
}

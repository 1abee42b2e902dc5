/**
 * The recent values of each partition of an OVER clause.
 *
 * Invariant: what is remembered lies in (now - duration, now] by `System.Timestamp()`, and is at
 * most `capacity` values.
 */
import { decodeValue, encodeValue, type Json } from '../state-codec.ts';
import type { Value } from '../values.ts';
import { KeyedState, type StateChange } from './keyed-state.ts';

interface Point {
  readonly timestampMs: number;
  readonly value: Value;
}

interface Partition {
  points: readonly Point[];
  /** When the partition's first value came; tells warming up from a gap. */
  readonly sinceMs: number;
}

/** How long and how much is remembered. */
export interface HistoryLimits {
  readonly durationMs: number;
  readonly capacity: number;
}

/** Remembers values by partition. */
export class PartitionHistory {
  readonly #limits: HistoryLimits;
  readonly #partitions: KeyedState<Partition>;

  constructor(id: string, limits: HistoryLimits) {
    this.#limits = limits;
    this.#partitions = new KeyedState(id, { save, load });
  }

  /** The values of a partition that are not too old at `nowMs`, oldest first. */
  recent(key: string, nowMs: number): Value[] {
    const points = this.#partitions.get(key)?.points ?? [];
    return points
      .filter(({ timestampMs }) => timestampMs > nowMs - this.#limits.durationMs)
      .map(({ value }) => value);
  }

  /** Whether a partition has existed for the whole duration. */
  isMature(key: string, nowMs: number): boolean {
    const partition = this.#partitions.get(key);
    return partition !== undefined && partition.sinceMs <= nowMs - this.#limits.durationMs;
  }

  remember(key: string, timestampMs: number, value: Value): void {
    const partition = this.#partitions.get(key);
    const points = [...(partition?.points ?? []), { timestampMs, value }]
      .filter((point) => point.timestampMs > timestampMs - this.#limits.durationMs)
      .slice(-this.#limits.capacity);
    this.#partitions.set(key, { points, sinceMs: partition?.sinceMs ?? timestampMs });
  }

  takeChanges(): StateChange[] {
    return this.#partitions.takeChanges();
  }

  restore(key: string, text: string): void {
    this.#partitions.restore(key, text);
  }
}

function save({ points, sinceMs }: Partition): Json {
  return [sinceMs, points.map(({ timestampMs, value }) => [timestampMs, encodeValue(value)])];
}

function load(json: Json): Partition {
  const [sinceMs = 0, points = []] = Array.isArray(json) ? json : [];
  const saved: readonly Json[] = Array.isArray(points) ? points : [];
  return {
    sinceMs: Number(sinceMs),
    points: saved.map((pair) => {
      const [timestampMs = 0, value = null]: readonly Json[] = Array.isArray(pair) ? pair : [];
      return { timestampMs: Number(timestampMs), value: decodeValue(value) };
    }),
  };
}

/** What the process around the gateway can be told to do, and what it answers. */
import type { Batching } from './load-readings.ts';

/** Processes that are watched meanwhile, by name. */
export type Watched = Readonly<Record<string, number>>;

export interface LoadJob extends Batching {
  readonly kind: 'load';
  readonly watched: Watched;
  readonly warmUpMs: number;
  readonly measureMs: number;
  /** Messages that may wait in edge-hub for the slowest module. */
  readonly mostQueued: number;
}

export interface LoadResult {
  readonly messagesPerSecond: number;
  readonly readingsPerSecond: number;
  /** Readings that did not come up in the end; none may be missing. */
  readonly missing: number;
  /** Messages that IoT Hub got in all. */
  readonly upMessages: number;
  /** Share of one core by process, its own included as `load`. */
  readonly processor: Readonly<Record<string, number>>;
  /** Most memory while measured, mebibytes. */
  readonly residentMebibytes: Readonly<Record<string, number>>;
}

export interface LatencyJob {
  readonly kind: 'latency';
  readonly meters: number;
  readonly readingsPerSecond: number;
  readonly seconds: number;
}

/** From handing a reading to edge-hub until IoT Hub has what came of it, milliseconds, ascending. */
export interface LatencyResult {
  readonly readings: readonly number[];
  readonly anomalies: readonly number[];
}

/** A fixed number of readings of each meter, until all of them are through. */
export interface FillJob {
  readonly kind: 'fill';
  readonly meters: number;
  readonly readingsEach: number;
}

export interface FillResult {
  readonly readings: number;
}

/** Counts messages of a kind that come up, until so many have come. */
export interface CountJob {
  readonly kind: 'count';
  readonly messages: number;
}

export interface CountResult {
  /** From the first to the last. */
  readonly messagesPerSecond: number;
}

export type Job = LoadJob | LatencyJob | FillJob | CountJob;

/** Answer to each kind of job. */
export interface JobResults {
  readonly load: LoadResult;
  readonly latency: LatencyResult;
  readonly fill: FillResult;
  readonly count: CountResult;
}

export type Answer =
  | { readonly state: 'ready' }
  | { readonly state: 'done'; readonly result: unknown }
  | { readonly state: 'failed'; readonly reason: string };

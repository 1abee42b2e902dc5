/** What goes into the averages and comes out of them. */
import type { WindowResult } from './window.ts';

export interface AveragesConfig {
  readonly windowMs: number;
  /** How far a meter's watermark stays behind its latest reading. */
  readonly latenessMs: number;
  /** After so much silence a meter's open windows close. */
  readonly silenceMs: number;
  /** How far back windows are re-issued, by a meter's own event time. */
  readonly horizonMs: number;
}

/** One average to send. */
export interface IssuedAverage extends WindowResult {
  readonly id: string;
  readonly windowStartMs: number;
  readonly windowEndMs: number;
}

/**
 * What became of a sample; `late`: counted, and its window will be issued again; `full`: not counted
 * for want of room.
 */
export type Taken = 'counted' | 'late' | 'repeat' | 'forgotten' | 'full';

/** The state of the world when something is decided. Monotonic and wall clock, milliseconds. */
export interface Moment {
  readonly monotonicMs: number;
  /** Wall clock; undefined while it is not trusted. */
  readonly wallMs: number | undefined;
  /** Nothing waits in front of us: silence is silence, not a queue. */
  readonly inputIdle: boolean;
}

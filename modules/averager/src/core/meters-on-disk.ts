/** What the averages need of meters and windows that are not in memory. */
import type { PastLength } from './window-lengths.ts';
import type { Sample, WindowState } from './window.ts';

/** What a window takes on disk besides its meter's id, and a reading without a number in it. */
const WINDOW_BYTES = 120;
const READING_BYTES = 24;

/** What is not in memory, on disk. */
export interface AveragesOnDisk {
  window(id: string, windowEndMs: number): WindowState | undefined;
  /** The meter and those of its windows that have readings no result has. */
  meter(id: string): StoredMeter | undefined;
  /** Whether so many bytes more may be kept of the meter; asked before each thing that takes some. */
  hasRoom?(id: string, bytes: number): boolean;
}

/** A meter as it was written last. */
export interface StoredMeter {
  readonly state: MeterState;
  readonly changed: readonly ChangedWindow[];
}

/** A window to write. */
export interface ChangedWindow {
  readonly id: string;
  readonly windowEndMs: number;
  readonly state: WindowState;
}

/** What is kept of a meter besides its windows. */
export interface MeterState {
  readonly id: string;
  /** Event time of its latest reading. */
  readonly latestMs: number;
  /** End of the latest window it ever had. */
  readonly newestEndMs: number;
}

/** What is known from before a restart, and how much memory may be taken. */
export interface AveragesBefore {
  /** Windows that end here or earlier may have been forgotten. */
  readonly forgottenUpToMs?: number | undefined;
  /** Event time of the latest reading of all meters. */
  readonly latestMs?: number | undefined;
  /** Lengths that windows had before. */
  readonly pastLengths?: readonly PastLength[] | undefined;
  /** Meters in memory. */
  readonly mostInMemory?: number;
}

/** What a reading takes on disk: a window that has begun takes no more for one with a number. */
export function bytesFor({ id, seq }: Sample, beginsWindow: boolean): number {
  return (beginsWindow ? id.length + WINDOW_BYTES : 0) + (seq === undefined ? READING_BYTES : 0);
}

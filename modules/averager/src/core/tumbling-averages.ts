/**
 * Tumbling-window averages of many meters by event time.
 *
 * Invariants:
 * - a reading counts in exactly one window, whatever order readings arrive in, also when the windows'
 *   length is changed meanwhile; no two windows of a meter have the same end;
 * - a window is issued when its meter's watermark passes its end, or its meter has fallen silent;
 * - a late reading re-issues its window with the next revision, once per burst;
 * - the last revision of a window does not depend on order, batches or restarts;
 * - a window that was forgotten never begins anew: a reading for it is refused;
 * - memory does not grow with the number of meters: it has those heard last, the others are on disk.
 */
import {
  changedWindows,
  dueByWatermark,
  hasSettled,
  issueWindow,
  restoredMeter,
  takeWindows,
  watermarkOf,
  type Meter,
  type NamedWindow,
  type OpenWindow,
} from './meter-windows.ts';
import type { AveragesConfig, IssuedAverage, Moment, Taken } from './averages.ts';
import {
  bytesFor,
  type AveragesBefore,
  type AveragesOnDisk,
  type ChangedWindow,
  type MeterState,
} from './meters-on-disk.ts';
import { SleepingMeters, type WakingRule } from './sleeping-meters.ts';
import { WindowLengths } from './window-lengths.ts';
import { Window, windowEndOf, type Sample } from './window.ts';

/** Meters in memory; about a kilobyte each. */
const MOST_IN_MEMORY = 10_000;
/** Meters that are looked at again in one step. */
const MOST_WOKEN = 2_000;

export class TumblingAverages {
  readonly #disk: AveragesOnDisk;
  readonly #mostInMemory: number;
  /** In memory; heard last comes last. */
  readonly #meters = new Map<string, Meter>();
  #usedLast: Meter | undefined;
  readonly #sleeping = new SleepingMeters();
  readonly #touched = new Map<string, Set<number>>();
  /** Meters with new readings since averages were issued last. */
  readonly #unissued = new Set<string>();
  /** Meters that have something due which is not issued yet. */
  #overdue: string[] = [];
  /** Which of them windows have, and had. */
  readonly lengths: WindowLengths;
  #config: AveragesConfig;
  #forgottenUpToMs: number;
  #latestMs: number;
  /**
   * No reading can be later, as far as is known now. A meter that is, since nobody knew better, is
   * set back, or all that it measures from now on would be late.
   */
  latestAllowedMs: number | undefined;

  constructor(config: AveragesConfig, disk: AveragesOnDisk, before: AveragesBefore = {}) {
    this.#config = config;
    this.#disk = disk;
    this.lengths = new WindowLengths(config.windowMs, before.pastLengths);
    this.#forgottenUpToMs = before.forgottenUpToMs ?? Number.NEGATIVE_INFINITY;
    this.#latestMs = before.latestMs ?? Number.NEGATIVE_INFINITY;
    this.#mostInMemory = before.mostInMemory ?? MOST_IN_MEMORY;
  }

  /** Event time of the latest reading; -Infinity before the first. */
  get latestMs(): number {
    return this.#latestMs;
  }

  /** Windows that end here or earlier may have been forgotten, of whatever meter. */
  get forgottenUpToMs(): number {
    return this.#forgottenUpToMs;
  }

  /** Closed windows up to an end are no longer on disk. */
  forgetUpTo(windowEndMs: number): void {
    this.#forgottenUpToMs = Math.max(this.#forgottenUpToMs, windowEndMs);
  }

  /**
   * With another window length, the open windows are issued as they are. Later readings of their time still
   * count in them, if it is known which time that is: a meter's clock may be years ahead.
   */
  configure(config: AveragesConfig): void {
    // What the shorter horizon let go of does not come back with the longer one.
    if (config.horizonMs > this.#config.horizonMs) {
      this.forgetUpTo(this.#latestMs - this.#config.horizonMs);
    }
    const closes = config.windowMs !== this.#config.windowMs;
    this.#config = config;
    if (!closes) return;
    const { latestAllowedMs: allowedMs = Number.NEGATIVE_INFINITY } = this;
    this.lengths.change(config.windowMs, Math.min(this.#latestMs, allowedMs));
    this.#sleeping.callAll();
    for (const [id, { open }] of this.#meters) {
      for (const [windowEndMs, entry] of open) {
        entry.closes = true;
        this.#touch(id, windowEndMs);
      }
    }
  }

  /** A meter that had windows with readings no result has before a restart. */
  resume(id: string, monotonicMs: number): void {
    this.#sleeping.call(id, monotonicMs);
  }

  take(sample: Sample, monotonicMs: number): Taken {
    const meter = this.#meter(sample.id, monotonicMs);
    meter.heardMs = monotonicMs;
    meter.latestMs = Math.min(meter.latestMs, this.latestAllowedMs ?? meter.latestMs);
    const windowMs = this.lengths.at(sample.atMs);
    const windowEndMs = windowEndOf(sample.atMs, windowMs);
    if (windowEndMs <= meter.latestMs - this.#config.horizonMs) return 'forgotten';
    const isLate = windowEndMs <= watermarkOf(meter, this.#config);
    const entry = this.#window({ id: sample.id, windowMs, windowEndMs }, meter);
    if (entry === undefined) return 'forgotten';
    if (!this.#hasRoom(sample, entry)) {
      if (!entry.window.changed) meter.open.delete(windowEndMs);
      return 'full';
    }
    if (!entry.window.add(sample, windowMs)) {
      if (!entry.window.changed) meter.open.delete(windowEndMs);
      return 'repeat';
    }
    this.#touch(sample.id, windowEndMs);
    meter.latestMs = Math.max(meter.latestMs, sample.atMs);
    meter.newestEndMs = Math.max(meter.newestEndMs, windowEndMs);
    this.#latestMs = Math.max(this.#latestMs, sample.atMs);
    if (!isLate) return 'counted';
    entry.late = { sinceMs: entry.late?.sinceMs ?? monotonicMs, lastMs: monotonicMs };
    return 'late';
  }

  /** Whether time alone has made something due: silence, or the end of a late burst. */
  due(moment: Moment): boolean {
    for (const meter of this.#meters.values()) {
      if (this.#dueByTime(meter, moment).length > 0) return true;
    }
    return this.#sleeping.isDue(this.#wakingRule(moment));
  }

  /** Whether `postponeIssue` left something. */
  get isIssueWaiting(): boolean {
    return this.#unissued.size > 0;
  }

  /** Leaves what the readings taken since the last call have made due for the next `issueByWatermark`. */
  postponeIssue(): void {
    for (const id of this.#touched.keys()) this.#unissued.add(id);
  }

  /** Issues what the readings taken since the last call have made due; what is over the limit, later. */
  issueByWatermark(limit = Number.POSITIVE_INFINITY): IssuedAverage[] {
    const issued: IssuedAverage[] = [];
    this.postponeIssue();
    const ids = [...this.#unissued];
    this.#unissued.clear();
    for (const id of ids) {
      const meter = this.#meters.get(id);
      const due = meter === undefined ? [] : dueByWatermark(meter, this.#config);
      if (due.length === 0) continue;
      if (issued.length < limit) issued.push(...this.#issue(id, due));
      else this.#overdue.push(id);
    }
    return issued;
  }

  /** Issues what time has made due, about as much as the limit. */
  issueByTime(moment: Moment, limit = Number.POSITIVE_INFINITY): IssuedAverage[] {
    const issued: IssuedAverage[] = [];
    if (limit <= 0) return issued;
    for (const id of this.#sleeping.due(this.#wakingRule(moment), Math.min(limit, MOST_WOKEN))) {
      this.#meter(id, moment.monotonicMs);
    }
    for (const [id, meter] of this.#meters) {
      if (issued.length >= limit) break;
      if (meter.open.size > 0) issued.push(...this.#issue(id, this.#dueByTime(meter, moment)));
    }
    return issued;
  }

  /**
   * The windows that changed since the last call, to be written; those that need nothing more
   * leave memory.
   */
  takeChanges(): { windows: ChangedWindow[]; meters: MeterState[] } {
    const windows: ChangedWindow[] = [];
    const meters: MeterState[] = [];
    for (const [id, ends] of this.#touched) {
      const meter = this.#meters.get(id);
      if (meter === undefined) continue;
      meters.push({ id, latestMs: meter.latestMs, newestEndMs: meter.newestEndMs });
      windows.push(...takeWindows(id, meter, ends));
    }
    this.#touched.clear();
    return { windows, meters };
  }

  /** Lets meters go from memory that were not heard for the longest time; after the changes are written. */
  rest(): void {
    for (const id of this.#overdue) this.#postpone(id);
    this.#overdue = [];
    let excess = this.#meters.size - this.#mostInMemory;
    for (const [id, { open, heardMs }] of this.#meters) {
      if (excess <= 0) return;
      // What is about to be issued is not worth the way to the disk and back.
      if ([...open.values()].some(({ late, closes }) => closes || late !== undefined)) continue;
      this.#meters.delete(id);
      excess -= 1;
      if (open.size > 0) this.#sleeping.add(id, { heardMs, firstEndMs: Math.min(...open.keys()) });
    }
  }

  /** What a meter has due is on disk, and issued when its turn comes. */
  #postpone(id: string): void {
    const meter = this.#meters.get(id);
    if (meter === undefined) return;
    this.#meters.delete(id);
    this.#sleeping.call(id, meter.heardMs);
  }

  #issue(id: string, due: readonly [number, OpenWindow][]): IssuedAverage[] {
    for (const [windowEndMs] of due) this.#touch(id, windowEndMs);
    return due.map(([windowEndMs, { window }]) => issueWindow(id, windowEndMs, window));
  }

  #dueByTime(meter: Meter, moment: Moment): [number, OpenWindow][] {
    const silent = moment.inputIdle && moment.monotonicMs - meter.heardMs >= this.#config.silenceMs;
    return changedWindows(meter, (windowEndMs, { late, closes }) =>
      late === undefined
        ? closes || (silent && this.#hasEnded(windowEndMs, moment))
        : hasSettled(late, moment.monotonicMs),
    );
  }

  #wakingRule(moment: Moment): WakingRule {
    const { inputIdle, monotonicMs } = moment;
    return {
      silentSinceMs: inputIdle ? monotonicMs - this.#config.silenceMs : Number.NEGATIVE_INFINITY,
      hasEnded: (windowEndMs) => this.#hasEnded(windowEndMs, moment),
    };
  }

  /** A silent meter's window is left open while more readings could still be measured for it. */
  #hasEnded(windowEndMs: number, { wallMs }: Moment): boolean {
    return wallMs === undefined || windowEndMs + this.#config.latenessMs <= wallMs;
  }

  /** The meter, from memory, from disk or begun; the one that was used last from now on. */
  #meter(id: string, monotonicMs: number): Meter {
    const known = this.#meters.get(id);
    if (known !== undefined && known === this.#usedLast) return known;
    const meter = known ?? this.#loaded(id, monotonicMs);
    this.#meters.delete(id);
    this.#meters.set(id, meter);
    this.#usedLast = meter;
    return meter;
  }

  #loaded(id: string, monotonicMs: number): Meter {
    const heardMs = this.#sleeping.wake(id) ?? monotonicMs;
    return restoredMeter(this.#disk.meter(id), heardMs, this.#config);
  }

  /** The window, from memory, from disk or begun; undefined when it may have been forgotten. */
  #window({ id, windowMs, windowEndMs }: NamedWindow, meter: Meter): OpenWindow | undefined {
    const open = meter.open.get(windowEndMs);
    if (open !== undefined) return open;
    const previous = this.#disk.window(id, windowEndMs);
    // A meter that comes back with an old backlog goes on with windows it never had.
    const isNew = windowEndMs > meter.newestEndMs;
    if (previous === undefined && !isNew && windowEndMs <= this.#forgottenUpToMs) return undefined;
    const window = new Window(previous?.windowMs ?? windowMs, previous);
    const entry: OpenWindow = { window, closes: false, late: undefined };
    meter.open.set(windowEndMs, entry);
    return entry;
  }

  #hasRoom(sample: Sample, { window }: OpenWindow): boolean {
    const bytes = bytesFor(sample, window.isEmpty);
    return bytes === 0 || (this.#disk.hasRoom?.(sample.id, bytes) ?? true);
  }

  #touch(id: string, windowEndMs: number): void {
    const ends = this.#touched.get(id);
    if (ends === undefined) this.#touched.set(id, new Set([windowEndMs]));
    else ends.add(windowEndMs);
  }
}

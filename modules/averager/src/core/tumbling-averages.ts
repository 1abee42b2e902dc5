/**
 * Tumbling-window averages of many meters by event time.
 *
 * Invariants:
 * - a reading counts in exactly one window, whatever order readings arrive in;
 * - a window is issued when its meter's watermark passes its end, or its meter has fallen silent;
 * - a late reading re-issues its window with the next revision, once per burst;
 * - the last revision of a window does not depend on order, batches or restarts;
 * - a window that was forgotten never begins anew: a reading for it is refused.
 */
import { changedWindows, hasSettled, type Meter, type OpenWindow } from './meter-windows.ts';
import { Window, windowEndOf, type Sample, type WindowResult, type WindowState } from './window.ts';

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

/** What became of a sample; `late`: counted, and its window will be issued again. */
export type Taken = 'counted' | 'late' | 'repeat' | 'forgotten';

/** Reads a window that is not in memory from disk. */
export type LoadWindow = (id: string, windowEndMs: number) => WindowState | undefined;

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

/** The state of the world when something is decided. Monotonic and wall clock, milliseconds. */
export interface Moment {
  readonly monotonicMs: number;
  /** Wall clock; undefined while it is not trusted. */
  readonly wallMs: number | undefined;
  /** Nothing waits in front of us: silence is silence, not a queue. */
  readonly inputIdle: boolean;
}

export class TumblingAverages {
  readonly #load: LoadWindow;
  readonly #meters = new Map<string, Meter>();
  readonly #touched = new Map<string, Set<number>>();
  #config: AveragesConfig;
  #forgottenUpToMs: number;
  #latestMs = Number.NEGATIVE_INFINITY;
  /**
   * No reading can be later, as far as is known now. A meter that is, since nobody knew better, is
   * set back, or all that it measures from now on would be late.
   */
  latestAllowedMs: number | undefined;

  constructor(
    config: AveragesConfig,
    load: LoadWindow,
    forgottenUpToMs: number = Number.NEGATIVE_INFINITY,
  ) {
    this.#config = config;
    this.#load = load;
    this.#forgottenUpToMs = forgottenUpToMs;
  }

  /** Event time of the latest reading of all meters; -Infinity before the first. */
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

  /** With another window length, the open windows are issued as they are. */
  configure(config: AveragesConfig): void {
    // What the shorter horizon let go of does not come back with the longer one.
    if (config.horizonMs > this.#config.horizonMs) {
      this.forgetUpTo(this.#latestMs - this.#config.horizonMs);
    }
    const closes = config.windowMs !== this.#config.windowMs;
    this.#config = config;
    if (!closes) return;
    for (const [id, { open }] of this.#meters) {
      for (const [windowEndMs, entry] of open) {
        entry.closes = true;
        this.#touch(id, windowEndMs);
      }
    }
  }

  /** Puts a meter back as it was before a restart. */
  restoreMeter({ id, latestMs, newestEndMs }: MeterState, monotonicMs: number): void {
    this.#meters.set(id, { latestMs, newestEndMs, heardMs: monotonicMs, open: new Map() });
    this.#latestMs = Math.max(this.#latestMs, latestMs);
  }

  /** Puts a window back that was not issued or has changed since. */
  restoreWindow({ id, windowEndMs, state }: ChangedWindow, monotonicMs: number): void {
    const meter = this.#meter(id, monotonicMs);
    const isLate = windowEndMs <= this.#watermark(meter);
    meter.open.set(windowEndMs, {
      window: new Window(state.windowMs, state),
      closes: state.windowMs !== this.#config.windowMs,
      late: isLate ? { sinceMs: monotonicMs, lastMs: monotonicMs } : undefined,
    });
    this.#touch(id, windowEndMs);
  }

  take(sample: Sample, monotonicMs: number): Taken {
    const meter = this.#meter(sample.id, monotonicMs);
    meter.heardMs = monotonicMs;
    meter.latestMs = Math.min(meter.latestMs, this.latestAllowedMs ?? meter.latestMs);
    const windowEndMs = windowEndOf(sample.atMs, this.#config.windowMs);
    if (windowEndMs <= meter.latestMs - this.#config.horizonMs) return 'forgotten';
    const isLate = windowEndMs <= this.#watermark(meter);
    const entry = this.#window(sample.id, meter, windowEndMs);
    if (entry === undefined) return 'forgotten';
    if (!entry.window.add(sample)) {
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
    return false;
  }

  /** Issues what the readings taken since the last call have made due. */
  issueByWatermark(): IssuedAverage[] {
    return [...this.#touched.keys()].flatMap((id) => {
      const meter = this.#meters.get(id);
      return meter === undefined ? [] : this.#issue(id, this.#dueByWatermark(meter));
    });
  }

  /** Issues what time has made due. */
  issueByTime(moment: Moment): IssuedAverage[] {
    return [...this.#meters].flatMap(([id, meter]) =>
      this.#issue(id, this.#dueByTime(meter, moment)),
    );
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
      for (const windowEndMs of ends) {
        const window = meter.open.get(windowEndMs)?.window;
        if (window === undefined) continue;
        windows.push({ id, windowEndMs, state: window.state() });
        if (!window.changed) meter.open.delete(windowEndMs);
      }
    }
    this.#touched.clear();
    return { windows, meters };
  }

  #issue(id: string, due: readonly [number, OpenWindow][]): IssuedAverage[] {
    return due.map(([windowEndMs, { window }]) => {
      this.#touch(id, windowEndMs);
      const windowStartMs = windowEndMs - window.windowMs;
      return { id, windowStartMs, windowEndMs, ...window.issue() };
    });
  }

  #dueByWatermark(meter: Meter): [number, OpenWindow][] {
    const watermarkMs = this.#watermark(meter);
    return changedWindows(
      meter,
      (windowEndMs, { late, closes }) =>
        closes || (late === undefined && windowEndMs <= watermarkMs),
    );
  }

  #dueByTime(meter: Meter, moment: Moment): [number, OpenWindow][] {
    const silent = moment.inputIdle && moment.monotonicMs - meter.heardMs >= this.#config.silenceMs;
    return changedWindows(meter, (windowEndMs, { late }) =>
      late === undefined
        ? silent && this.#hasEnded(windowEndMs, moment)
        : hasSettled(late, moment.monotonicMs),
    );
  }

  /** A silent meter's window is left open while more readings could still be measured for it. */
  #hasEnded(windowEndMs: number, { wallMs }: Moment): boolean {
    return wallMs === undefined || windowEndMs + this.#config.latenessMs <= wallMs;
  }

  #watermark(meter: Meter): number {
    return meter.latestMs - this.#config.latenessMs;
  }

  #meter(id: string, monotonicMs: number): Meter {
    const known = this.#meters.get(id);
    if (known !== undefined) return known;
    const meter: Meter = {
      latestMs: Number.NEGATIVE_INFINITY,
      newestEndMs: Number.NEGATIVE_INFINITY,
      heardMs: monotonicMs,
      open: new Map(),
    };
    this.#meters.set(id, meter);
    return meter;
  }

  /** The window, from memory, from disk or begun; undefined when it may have been forgotten. */
  #window(id: string, meter: Meter, windowEndMs: number): OpenWindow | undefined {
    const { windowMs } = this.#config;
    const open = meter.open.get(windowEndMs);
    if (open?.window.windowMs === windowMs) return open;
    const previous = open?.window.state() ?? this.#load(id, windowEndMs);
    // A meter that comes back with an old backlog goes on with windows it never had.
    const isNew = windowEndMs > meter.newestEndMs;
    if (previous === undefined && !isNew && windowEndMs <= this.#forgottenUpToMs) return undefined;
    const window =
      previous === undefined || previous.windowMs === windowMs
        ? new Window(windowMs, previous)
        : Window.after(windowMs, previous);
    const entry: OpenWindow = { window, closes: false, late: undefined };
    meter.open.set(windowEndMs, entry);
    return entry;
  }

  #touch(id: string, windowEndMs: number): void {
    const ends = this.#touched.get(id);
    if (ends === undefined) this.#touched.set(id, new Set([windowEndMs]));
    else ends.add(windowEndMs);
  }
}

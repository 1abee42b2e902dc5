/** The open windows of one meter, and which of them are due. */
import type { AveragesConfig, IssuedAverage } from './averages.ts';
import type { ChangedWindow, StoredMeter } from './meters-on-disk.ts';
import { Window } from './window.ts';

/** A late burst has ended when its window has not changed for this long. */
const SETTLE_MS = 1_000;
/** A late burst that does not end is reported this often. */
const LONGEST_SETTLE_MS = 10_000;

/** A window in memory: it has readings that no result has. */
export interface OpenWindow {
  readonly window: Window;
  /** To be issued whatever the watermark says. */
  closes: boolean;
  /** When it was first and last changed after its end had passed; undefined while it is on time. */
  late: { readonly sinceMs: number; lastMs: number } | undefined;
}

/** A window, and the length it begins with. */
export interface NamedWindow {
  readonly id: string;
  readonly windowMs: number;
  readonly windowEndMs: number;
}

/** What is in memory of a meter. */
export interface Meter {
  /** Event time of its latest reading. */
  latestMs: number;
  /** End of the latest window it ever had. */
  newestEndMs: number;
  /** When a reading last came, monotonic. */
  heardMs: number;
  readonly open: Map<number, OpenWindow>;
}

/** A window of this meter that ends here or earlier is complete, but for late readings. */
export function watermarkOf(
  { latestMs }: Meter,
  { latenessMs }: Pick<AveragesConfig, 'latenessMs'>,
): number {
  return latestMs - latenessMs;
}

/** A meter as it was left on disk; one that was never heard, without. */
export function restoredMeter(
  stored: StoredMeter | undefined,
  heardMs: number,
  config: AveragesConfig,
): Meter {
  const meter: Meter = {
    latestMs: stored?.state.latestMs ?? Number.NEGATIVE_INFINITY,
    newestEndMs: stored?.state.newestEndMs ?? Number.NEGATIVE_INFINITY,
    heardMs,
    open: new Map(),
  };
  for (const { windowEndMs, state } of stored?.changed ?? []) {
    const isLate = windowEndMs <= watermarkOf(meter, config);
    meter.open.set(windowEndMs, {
      window: new Window(state.windowMs, state),
      closes: state.windowMs !== config.windowMs,
      late: isLate ? { sinceMs: heardMs, lastMs: heardMs } : undefined,
    });
  }
  return meter;
}

/** The windows with readings that no result has, of which `isDue` holds, oldest first. */
export function changedWindows(
  { open }: Meter,
  isDue: (windowEndMs: number, entry: OpenWindow) => boolean,
): [number, OpenWindow][] {
  const due: [number, OpenWindow][] = [];
  for (const [windowEndMs, entry] of open) {
    if (entry.window.changed && isDue(windowEndMs, entry)) due.push([windowEndMs, entry]);
  }
  return due.sort(([a], [b]) => a - b);
}

/** The windows that are complete by their meter's readings, oldest first. */
export function dueByWatermark(
  meter: Meter,
  config: Pick<AveragesConfig, 'latenessMs'>,
): [number, OpenWindow][] {
  const watermarkMs = watermarkOf(meter, config);
  return changedWindows(
    meter,
    (windowEndMs, { late, closes }) => closes || (late === undefined && windowEndMs <= watermarkMs),
  );
}

/** The average of a window as it is now. */
export function issueWindow(id: string, windowEndMs: number, window: Window): IssuedAverage {
  const windowStartMs = windowEndMs - window.windowMs;
  return { id, windowStartMs, windowEndMs, ...window.issue() };
}

/** Some windows, to be written; those that need nothing more leave memory. */
export function takeWindows(id: string, { open }: Meter, ends: Iterable<number>): ChangedWindow[] {
  const taken: ChangedWindow[] = [];
  for (const windowEndMs of ends) {
    const window = open.get(windowEndMs)?.window;
    if (window === undefined) continue;
    taken.push({ id, windowEndMs, state: window.state() });
    if (!window.changed) open.delete(windowEndMs);
  }
  return taken;
}

/** Whether a late burst has come to its end, or lasts too long to wait for it. */
export function hasSettled(
  late: { sinceMs: number; lastMs: number },
  monotonicMs: number,
): boolean {
  return monotonicMs - late.lastMs >= SETTLE_MS || monotonicMs - late.sinceMs >= LONGEST_SETTLE_MS;
}

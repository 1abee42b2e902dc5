/** The open windows of one meter, and which of them are due. */
import type { Window } from './window.ts';

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

/** Whether a late burst has come to its end, or lasts too long to wait for it. */
export function hasSettled(
  late: { sinceMs: number; lastMs: number },
  monotonicMs: number,
): boolean {
  return monotonicMs - late.lastMs >= SETTLE_MS || monotonicMs - late.sinceMs >= LONGEST_SETTLE_MS;
}

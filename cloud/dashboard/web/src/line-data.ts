/** The averages of all meters as uPlot wants them: one list of instants, one of values per meter. */
import type { AnomalyMark, MeterHistory } from '../../core/board.ts';

/** Without an average for this long, a meter's line is broken. */
const GAP_MS = 16 * 60_000;
/** A meter whose clock runs ahead by more than this does not push the others out of the picture. */
const MAX_AHEAD_MS = 3_600_000;

/** `undefined`: nothing at this instant, the line goes on; `null`: the line is broken here. */
export type LineValues = (number | null | undefined)[];

export interface LineData {
  /** Epoch seconds, ascending. */
  readonly times: number[];
  /** Parallel to the meters. */
  readonly lines: LineValues[];
}

/** Lines of the averages that end after `fromMs`. */
export function lineData(meters: readonly MeterHistory[], fromMs: number): LineData {
  const values = meters.map(({ averages }) => valuesByInstant(averages, fromMs));
  const instants = [...new Set(values.flatMap((line) => [...line.keys()]))].sort((a, b) => a - b);
  return {
    times: instants.map((atMs) => atMs / 1_000),
    lines: values.map((line) => instants.map((atMs) => line.get(atMs))),
  };
}

function valuesByInstant(averages: MeterHistory['averages'], fromMs: number) {
  const line = new Map<number, number | null>();
  let previousMs: number | undefined;
  for (const { endMs, average } of averages) {
    if (endMs <= fromMs) continue;
    if (previousMs !== undefined && endMs - previousMs > GAP_MS) line.set(previousMs + 1, null);
    line.set(endMs, average);
    previousMs = endMs;
  }
  return line;
}

/** End of the picture: the latest average or anomaly, as long as it is not far in the future. */
export function latestInstant(
  meters: readonly MeterHistory[],
  anomalies: readonly AnomalyMark[],
  nowMs: number,
): number {
  const instants = [
    ...meters.map(({ averages }) => averages.at(-1)?.endMs ?? 0),
    ...anomalies.map(({ atMs }) => atMs),
  ];
  const believable = instants.filter((atMs) => atMs <= nowMs + MAX_AHEAD_MS);
  const candidates = believable.length > 0 ? believable : instants;
  return candidates.reduce((latest, atMs) => Math.max(latest, atMs), 0);
}

/**
 * The tumbling windows that must come out, `(start, end]`, aligned to the epoch.
 *
 * Behind a gateway every reading counts in the window of its own time, however late it comes. A
 * meter without a gateway is averaged by a query with `TIMESTAMP BY time OVER id`, so its readings
 * pass the job's out-of-order policy, and its last windows stay open until a later reading passes
 * them by the tolerance.
 */
import { exactMean } from './exact-mean.ts';
import type { MeasuredMeter, MeasuredReading } from './measured.ts';

/** The out-of-order part of a query's `JobConfig.json`; late arrival is waited for indefinitely. */
export interface OutOfOrderPolicy {
  readonly toleranceMs: number;
  readonly action: 'Adjust' | 'Drop';
}

export interface ExpectedWindow {
  readonly id: string;
  readonly isDirect: boolean;
  /** Epoch milliseconds. */
  readonly endMs: number;
  readonly average: number;
  readonly minimum: number;
  readonly maximum: number;
  readonly count: number;
  /** Whether its end has been passed for certain; otherwise it may be missing. */
  readonly isClosed: boolean;
}

/** A reading at the instant a query sees it at. */
interface Timed {
  readonly timestampMs: number;
  readonly temp: number;
}

/** Windows of `sizeMs` that the meter's readings must lead to, in order of time. */
export function expectedWindows(
  meter: MeasuredMeter,
  sizeMs: number,
  policy: OutOfOrderPolicy,
): ExpectedWindow[] {
  const { id, isDirect, readings } = meter;
  const timed = isDirect
    ? throughPolicy(readings, policy)
    : readings.map(({ atMs, temp }) => ({ timestampMs: atMs, temp }));
  const latestMs = timed.reduce((latest, { timestampMs }) => Math.max(latest, timestampMs), 0);
  const closedUpToMs = isDirect ? latestMs - policy.toleranceMs : Number.POSITIVE_INFINITY;
  const byEnd = new Map<number, number[]>();
  for (const { timestampMs, temp } of timed) {
    const endMs = Math.ceil(timestampMs / sizeMs) * sizeMs;
    const temps = byEnd.get(endMs);
    if (temps === undefined) byEnd.set(endMs, [temp]);
    else temps.push(temp);
  }
  return [...byEnd]
    .toSorted(([one], [other]) => one - other)
    .map(([endMs, temps]) => ({
      id,
      isDirect,
      endMs,
      average: exactMean(temps),
      minimum: Math.min(...temps),
      maximum: Math.max(...temps),
      count: temps.length,
      isClosed: endMs < closedUpToMs,
    }));
}

/**
 * An event older than the newest of its timeline less the tolerance is dropped, or moved up to there.
 *
 * Source: Stream Analytics, "Understand time handling".
 */
function throughPolicy(
  readings: readonly MeasuredReading[],
  { toleranceMs, action }: OutOfOrderPolicy,
): Timed[] {
  const timed: Timed[] = [];
  let latestMs = Number.NEGATIVE_INFINITY;
  for (const { atMs, temp } of readings) {
    const watermarkMs = latestMs - toleranceMs;
    if (atMs < watermarkMs && action === 'Drop') continue;
    timed.push({ timestampMs: Math.max(atMs, watermarkMs), temp });
    latestMs = Math.max(latestMs, atMs);
  }
  return timed;
}

/** What the page says about an average, in words. */
import type { AveragePoint } from './board.ts';
import { isLate, isRevised, missingReadings } from './trust.ts';

const MINUTE_S = 60;
const HOUR_S = 60 * MINUTE_S;
const DAY_S = 24 * HOUR_S;

/** A duration with one unit, for example `12 min` or `3 days`. */
export function formatDuration(seconds: number): string {
  if (seconds < HOUR_S) return `${Math.round(seconds / MINUTE_S)} min`;
  if (seconds < 2 * DAY_S) return `${Math.round(seconds / HOUR_S)} h`;
  return `${Math.round(seconds / DAY_S)} days`;
}

/** For example `28 of 30 readings`; without the meter's numbering just how many there are. */
export function formatReadings(point: AveragePoint): string {
  const { count, expectedCount } = point;
  if (missingReadings(point) > 0) return `${count} of ${expectedCount ?? count} readings`;
  return count === 1 ? '1 reading' : `${count} readings`;
}

/** What is remarkable about a window besides its temperature; empty when nothing is. */
export function remarksOf(point: AveragePoint): string[] {
  const { revision, delaySeconds } = point;
  return [
    ...(isRevised(point)
      ? [revision === 1 ? 'corrected once' : `corrected ${revision} times`]
      : []),
    ...(isLate(point) ? [`arrived ${formatDuration(delaySeconds ?? 0)} late`] : []),
    ...(missingReadings(point) > 0 ? ['incomplete'] : []),
  ];
}

/** How far an average or an anomaly can be trusted: complete, final, in time. */
import type { AnomalyMark, AveragePoint } from './board.ts';

/** What took longer than this from the meter to Azure is late: it waited for a link, seconds. */
export const LATE_AFTER_SECONDS = 600;

/** Whether it waited somewhere on its way. */
export function isLate({ delaySeconds }: AveragePoint | AnomalyMark): boolean {
  return delaySeconds !== null && delaySeconds > LATE_AFTER_SECONDS;
}

/** Whether late readings have corrected the window since it was first issued. */
export function isRevised({ revision }: AveragePoint): boolean {
  return revision > 0;
}

/** How many readings are missing; 0 also when nobody knows. */
export function missingReadings({ count, expectedCount }: AveragePoint): number {
  return expectedCount === null ? 0 : Math.max(0, expectedCount - count);
}

/** Share of the expected readings that are there, percent; undefined when nobody knows. */
export function completeness(points: readonly AveragePoint[]): number | undefined {
  let expected = 0;
  let missing = 0;
  for (const point of points) {
    if (point.expectedCount === null) continue;
    expected += Math.max(point.count, point.expectedCount);
    missing += missingReadings(point);
  }
  return expected === 0 ? undefined : (100 * (expected - missing)) / expected;
}

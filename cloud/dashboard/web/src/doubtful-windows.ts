/** The windows that are worth a second look, and how complete all of them are. */
import type { AveragePoint, MeterHistory } from '../../core/board.ts';
import { completeness, isLate, isRevised, missingReadings } from '../../core/trust.ts';

/** One window of one meter. */
export interface MeterWindow {
  readonly id: string;
  readonly point: AveragePoint;
}

/** What all windows on the board amount to. */
export interface WindowReview {
  /** Percent of the expected readings; undefined when no meter numbers them. */
  readonly completePercent: number | undefined;
  /** Corrected, late or incomplete; the newest first. */
  readonly doubtful: readonly MeterWindow[];
  readonly corrected: readonly MeterWindow[];
  readonly late: readonly MeterWindow[];
  readonly incomplete: readonly MeterWindow[];
}

/** Looks at every window once. */
export function reviewWindows(meters: readonly MeterHistory[]): WindowReview {
  const all = meters.flatMap(({ id, averages }) => averages.map((point) => ({ id, point })));
  const doubtful = all
    .filter(({ point }) => isRevised(point) || isLate(point) || missingReadings(point) > 0)
    .sort((left, right) => right.point.endMs - left.point.endMs);
  return {
    completePercent: completeness(all.map(({ point }) => point)),
    doubtful,
    corrected: doubtful.filter(({ point }) => isRevised(point)),
    late: doubtful.filter(({ point }) => isLate(point)),
    incomplete: doubtful.filter(({ point }) => missingReadings(point) > 0),
  };
}

/**
 * A line of ground truth: what was done to which meter's readings, when, and how strongly.
 *
 * What lasts has a line when it begins, without `to`, and one when it has ended; the later replaces the
 * earlier, which has the same meter, kind and `from`.
 */

/** What can be done to readings, and what `size` says of it. */
export const TRUTH_KINDS = {
  spike: 'height, degrees Fahrenheit',
  dip: 'depth, degrees Fahrenheit, negative',
  'level-shift': 'shift, degrees Fahrenheit',
  stuck: 'temperature at which it is stuck, degrees Fahrenheit',
  missing: 'readings that were numbered and never sent',
  outage: 'readings that were sent afterwards, all at once',
  late: 'delay, seconds',
  'out-of-order': 'delay, seconds; longer than the interval, so that the next reading overtook it',
  repeat: 'delay of the second sending, seconds',
  'clock-drift': 'what the clock gains in a day from then on, seconds',
  'not-measured': 'readings that were due while the module could not measure, of all meters',
} as const satisfies Record<string, string>;
export type TruthKind = keyof typeof TRUTH_KINDS;

export interface Truth {
  /** Meter id; `*` for all. */
  readonly meter: string;
  /** Time of the first reading concerned, as the reading has it, epoch milliseconds. */
  readonly fromMs: number;
  /**
   * Time of the last reading concerned; of one that was sent late or again, when that was; undefined
   * while it goes on.
   */
  readonly toMs: number | undefined;
  readonly kind: TruthKind;
  readonly size: number;
}

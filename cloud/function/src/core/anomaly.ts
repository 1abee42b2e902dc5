/** What the `alerts` hub tells about one anomaly, whichever path it came by. */

/** One value of a meter's series, degrees Fahrenheit. */
export interface Sample {
  readonly atMs: number;
  readonly temp: number;
}

export interface Anomaly {
  readonly meterId: string;
  /** Event time, epoch milliseconds. */
  readonly atMs: number;
  /** The meter's own count, for meters that send one; averages have none. */
  readonly seq: number | null;
  /** Degrees Fahrenheit. */
  readonly temp: number;
  readonly direction: 'spike' | 'dip';
  /** p-value: the lower, the more anomalous. */
  readonly score: number;
  /** Confidence the detector ran with, percent. */
  readonly confidence: number | null;
  /** Values the detector compares with. */
  readonly historySize: number | null;
  /** Mean of the history, degrees Fahrenheit. */
  readonly usual: number | null;
  /** What came just before, oldest first. */
  readonly recent: readonly Sample[];
  /** The gateway that found it; null when the meter speaks straight to IoT Hub. */
  readonly gateway: string | null;
}

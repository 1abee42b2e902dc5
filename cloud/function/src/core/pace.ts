/** How fast mails may follow one another. All of it in milliseconds. */
export interface Pace {
  /** From an incident's first anomaly to its first mail. */
  readonly groupWaitMs: number;
  /** Shortest time from one mail of an incident to the next. */
  readonly updateMs: number;
  /** After so long without a mail an incident that lasts is brought to mind. */
  readonly reminderMs: number;
  /** An incident is over when no anomaly has come for so long. */
  readonly clearAfterMs: number;
  /** An anomaly that arrives so long after it happened is late. */
  readonly lateAfterMs: number;
  /** A gateway is silent when nothing came from it for so long. */
  readonly silentAfterMs: number;
}

/** A digest of late anomalies waits until none has come for `updateMs`, at most so many times that. */
export const LONGEST_DIGEST_WAIT = 12;

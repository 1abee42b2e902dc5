/** What the gateway's own clock may say about the time of a reading. */
import type { Clock } from './clock.ts';

/** A clock that shows an earlier instant was never set: this code is younger. 2026-01-01. */
const EARLIEST_TRUSTED_MS = Date.UTC(2026, 0, 1);

/** How far a meter's clock may be ahead of the gateway's. */
const MOST_AHEAD_MS = 24 * 3_600_000;

/** The wall clock, or undefined while it cannot be right. */
export function trustedNowMs(clock: Clock): number | undefined {
  const nowMs = clock.nowMs();
  return nowMs >= EARLIEST_TRUSTED_MS ? nowMs : undefined;
}

/** Whether an event time is so far ahead that it would spoil its meter's watermark for days. */
export function isAhead(atMs: number, clock: Clock): boolean {
  const nowMs = trustedNowMs(clock);
  return nowMs !== undefined && atMs > nowMs + MOST_AHEAD_MS;
}

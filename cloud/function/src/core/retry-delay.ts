const FIRST_MS = 2_000;
const LONGEST_MS = 600_000;

/** Milliseconds to wait after so many failed attempts: 2 s, doubling, at most ten minutes. */
export function retryDelayMs(failedAttempts: number): number {
  return Math.min(FIRST_MS * 2 ** Math.max(0, failedAttempts - 1), LONGEST_MS);
}

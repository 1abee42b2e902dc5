const FIRST_MS = 100;
const LONGEST_MS = 2_000;

/**
 * Milliseconds before connection attempt number `attempt` (0 is the first retry), for ever, with
 * jitter so that many identities do not dial at once. `random` is in [0, 1).
 */
export function retryDelayMs(attempt: number, random: number): number {
  const ceiling = Math.min(FIRST_MS * 2 ** Math.min(attempt, 16), LONGEST_MS);
  return Math.round(ceiling * (0.5 + random / 2));
}

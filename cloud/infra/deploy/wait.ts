/** Waits for what Azure takes its time for. */

/** Resolves after a while; tests pass one that does at once. */
export type Sleep = (milliseconds: number) => Promise<void>;

/** Something did not happen in time. */
export class TooLateError extends Error {
  override readonly name = 'TooLateError';
  readonly code = 'TOO_LATE';
}

/** How often to look, and for how long. */
export interface Patience {
  readonly everyMs: number;
  readonly limitMs: number;
}

/**
 * Looks until it is so.
 *
 * @throws TooLateError naming `what`
 */
export async function waitUntil(
  what: string,
  isSo: () => Promise<boolean>,
  { everyMs, limitMs }: Patience,
  sleep: Sleep,
): Promise<void> {
  for (let waitedMs = 0; waitedMs <= limitMs; waitedMs += everyMs) {
    if (await isSo()) return;
    await sleep(everyMs);
  }
  throw new TooLateError(`After ${limitMs / 60_000} minutes it is still not so that ${what}.`);
}

/**
 * Does something that fails at first, because a role takes minutes to be in force.
 *
 * @throws the last error, or at once one that `isTransient` does not know
 */
export async function retry<T>(
  attempt: () => Promise<T>,
  isTransient: (error: unknown) => boolean,
  { everyMs, limitMs }: Patience,
  sleep: Sleep,
): Promise<T> {
  for (let waitedMs = 0; ; waitedMs += everyMs) {
    try {
      return await attempt();
    } catch (error) {
      if (waitedMs >= limitMs || !isTransient(error)) throw error;
    }
    await sleep(everyMs);
  }
}

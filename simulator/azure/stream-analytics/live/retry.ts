/** Waits and retries that end when told. */
import { setTimeout as delay } from 'node:timers/promises';
import { withoutSecrets } from '../../../wire/without-secrets.ts';

const FIRST_WAIT_MS = 100;
const LONGEST_WAIT_MS = 5_000;

/** What a retried operation belongs to. */
export interface RetryContext {
  readonly signal: AbortSignal;
  /** Called with what is wrong after each failure, and with null once it works again. */
  readonly report: (problem: string | null) => void;
}

/**
 * Repeats `operation` until it succeeds, for ever, with growing waits.
 *
 * @throws the signal's reason when aborted
 */
export async function untilItWorks<T>(
  operation: () => Promise<T>,
  { signal, report }: RetryContext,
): Promise<T> {
  for (let waitMs = FIRST_WAIT_MS; ; waitMs = Math.min(2 * waitMs, LONGEST_WAIT_MS)) {
    signal.throwIfAborted();
    try {
      const result = await operation();
      report(null);
      return result;
    } catch (error) {
      if (signal.aborted) throw error;
      report(describe(error));
      await delay(waitMs * (0.5 + Math.random() / 2), undefined, { signal });
    }
  }
}

/** Runs `work` on every item, at most `width` at a time. */
export async function inParallel<T>(
  items: readonly T[],
  width: number,
  work: (item: T) => Promise<void>,
): Promise<void> {
  let next = 0;
  const worker = async (): Promise<void> => {
    while (next < items.length) {
      const item = items[next];
      next += 1;
      if (item !== undefined) await work(item);
    }
  };
  await Promise.all(Array.from({ length: Math.min(width, items.length) }, worker));
}

/** The message of anything thrown, fit for the job's status. */
export function describe(error: unknown): string {
  return withoutSecrets(error instanceof Error ? error.message : String(error));
}

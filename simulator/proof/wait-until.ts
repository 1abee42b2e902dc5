import { setTimeout as delay } from 'node:timers/promises';

/** Something that must happen did not, in time. */
export class ProofTimeoutError extends Error {
  override readonly name = 'ProofTimeoutError';
  readonly code = 'PROOF_TIMEOUT';
}

export interface Waiting {
  /** What is waited for, for the error message. */
  readonly what: string;
  readonly patienceMs: number;
  /** Milliseconds between two looks. */
  readonly everyMs: number;
}

/**
 * Looks until there is an answer. A look that fails counts as "not yet": processes are being killed.
 *
 * @throws ProofTimeoutError with the last failure as its cause
 */
export async function waitUntil<T>(
  look: () => Promise<T | undefined>,
  { what, patienceMs, everyMs }: Waiting,
): Promise<T> {
  const endsAt = performance.now() + patienceMs;
  let failure: unknown;
  while (performance.now() < endsAt) {
    const answer = await look().catch((error: unknown) => {
      failure = error;
    });
    if (answer !== undefined) return answer;
    await delay(everyMs);
  }
  const seconds = Math.round(patienceMs / 1_000);
  throw new ProofTimeoutError(`${what}: not within ${seconds} s.`, { cause: failure });
}

/** How long a command to another process is repeated. */
const COMMAND_PATIENCE_MS = 60_000;

/**
 * Repeats a command that may be given twice until it succeeds: the process it goes to may be busy.
 *
 * @throws ProofTimeoutError with the last failure as its cause
 */
export async function insist<T>(what: string, command: () => Promise<T>): Promise<T> {
  const attempt = async () => ({ answer: await command() });
  const waiting = { what, patienceMs: COMMAND_PATIENCE_MS, everyMs: 200 };
  return (await waitUntil(attempt, waiting)).answer;
}

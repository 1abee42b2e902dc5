/** A bound on how long sending may take. */
import { TransportError } from '../transport.ts';

/**
 * As `work`, whose signal aborts when the time is over.
 *
 * @throws TransportError when it takes longer than `timeoutMs`
 */
export async function withinTime<T>(
  timeoutMs: number,
  work: (signal: AbortSignal) => Promise<T>,
): Promise<T> {
  const ending = new AbortController();
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => {
      reject(new TransportError(`no answer within ${timeoutMs / 1_000} s`, 'server'));
      ending.abort();
    }, timeoutMs);
  });
  try {
    return await Promise.race([work(ending.signal), late]);
  } finally {
    clearTimeout(timer);
  }
}

/** Waiting for what may never come. */
import type { Clock } from './clock.ts';
import { EdgeError, messageOf } from './edge-error.ts';

/** What the error of a wait that was too long says. */
export const NO_ANSWER = 'no answer in time';

/**
 * Waits so long for a promise that may never settle.
 *
 * @throws EdgeError NOT_CONNECTED when it fails, or does not settle in time
 */
export function inTime<T>(clock: Clock, limitMs: number, promise: Promise<T>): Promise<T> {
  return new Promise((resolve, reject) => {
    const fail = (error: unknown): void =>
      reject(new EdgeError('NOT_CONNECTED', messageOf(error), error));
    const cancel = clock.after(limitMs, () => fail(new Error(NO_ANSWER)));
    promise.then(resolve, fail).finally(cancel);
  });
}

/** The promise of a function that wants a callback. */
export function called(begin: (done: (error: unknown) => void) => void): Promise<void> {
  return new Promise((resolve, reject) => {
    begin((error) => (error ? reject(error) : resolve()));
  });
}

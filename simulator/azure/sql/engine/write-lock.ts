/**
 * One writer at a time: a statement that writes, or a transaction from its begin to its end.
 *
 * DuckDB would let two writers start and fail the one that commits last; SQL Server lets it wait.
 */
export class WriteLock {
  #tail: Promise<void> = Promise.resolve();

  /**
   * Resolves when it is this writer's turn.
   *
   * @returns a function that lets the next one in
   * @throws the signal's reason when it is aborted before
   */
  async acquire(signal: AbortSignal): Promise<() => void> {
    const before = this.#tail;
    let release = (): void => undefined;
    const held = new Promise<void>((resolve) => {
      release = resolve;
    });
    this.#tail = before.then(() => held);
    try {
      await Promise.race([before, aborted(signal)]);
    } catch (error) {
      release();
      throw error;
    }
    return release;
  }
}

function aborted(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    const fail = () =>
      reject(signal.reason instanceof Error ? signal.reason : new Error('aborted'));
    if (signal.aborted) fail();
    else signal.addEventListener('abort', fail, { once: true });
  });
}

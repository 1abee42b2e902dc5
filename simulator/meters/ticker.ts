/**
 * A steady beat on the monotonic clock.
 *
 * Invariants: the n-th beat is due `n * intervalMs` after the start, however late earlier beats
 * were; beats that were missed altogether are skipped, not made up for.
 */
export function startTicker(intervalMs: number, beat: () => void): { stop(): void } {
  const startedAt = performance.now();
  let count = 1;
  let timer: NodeJS.Timeout;
  const schedule = () => {
    timer = setTimeout(tick, startedAt + count * intervalMs - performance.now());
  };
  const tick = () => {
    const reached = Math.floor((performance.now() - startedAt) / intervalMs);
    // A timer may fire a fraction of a millisecond early.
    count = Math.max(count, reached) + 1;
    schedule();
    beat();
  };
  schedule();
  return { stop: () => clearTimeout(timer) };
}

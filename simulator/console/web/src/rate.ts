/** Rates are taken over this long, milliseconds. */
const WINDOW_MS = 10_000;

/** Growth of a counter per second over the last ten seconds; 0 after the counter began anew. */
export function ratePerSecond(samples: readonly { atMs: number; count: number }[]): number {
  const last = samples.at(-1);
  if (last === undefined) return 0;
  const first = samples.find(({ atMs }) => atMs >= last.atMs - WINDOW_MS) ?? last;
  const seconds = (last.atMs - first.atMs) / 1_000;
  return seconds <= 0 ? 0 : Math.max(0, (last.count - first.count) / seconds);
}

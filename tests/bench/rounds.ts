/** Figures from a noisy machine: several rounds, the contestants in turn, the best of each. */

/** Name of each contestant, and how it gives its rate. */
export type Contestants<Name extends string> = Readonly<
  Record<Name, () => number | Promise<number>>
>;

/** The highest rate of each contestant; in each round all of them run once, one after another. */
export async function bestOf<Name extends string>(
  rounds: number,
  contestants: Contestants<Name>,
): Promise<Record<Name, number>> {
  const names = Object.keys(contestants) as Name[];
  const best = Object.fromEntries(names.map((name) => [name, 0])) as Record<Name, number>;
  for (let round = 0; round < rounds; round += 1) {
    for (const name of names) best[name] = Math.max(best[name], await contestants[name]());
  }
  return best;
}

/** How often `work` does its `count` things in a second. */
export function rateOf(count: number, work: () => void): number {
  const startedMs = performance.now();
  work();
  return (1_000 * count) / (performance.now() - startedMs);
}

/** The value below which a share of the values lies; NaN for none. */
export function quantile(sorted: readonly number[], share: number): number {
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? Number.NaN;
}

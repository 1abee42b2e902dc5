/** How far back late readings still re-issue their windows. */
export interface Horizon {
  readonly configuredMs: number;
  /** Less than configured when the limit in bytes left no room for more. */
  readonly heldMs: number;
}

/** The horizon when windows up to `forgottenUpToMs` are gone and the latest reading is of `latestMs`. */
export function horizonOf(
  configuredMs: number,
  { latestMs, forgottenUpToMs }: { latestMs: number; forgottenUpToMs: number },
): Horizon {
  const isUntouched = !Number.isFinite(latestMs) || !Number.isFinite(forgottenUpToMs);
  const keptMs = isUntouched ? configuredMs : Math.max(0, latestMs - forgottenUpToMs);
  return { configuredMs, heldMs: Math.min(configuredMs, keptMs) };
}

/** Days, to a hundredth: what a person reads. */
export function daysOf(milliseconds: number): number {
  return Math.round(milliseconds / 864_000) / 100;
}

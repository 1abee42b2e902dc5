/** The readings of a proof: when they begin, and when they have all passed. */
import { closePresentWindows, QUIET_MS, waitForQuiet } from './quiet.ts';
import type { SystemWatch } from './system-watch.ts';
import { startVirtualMeters, stopVirtualMeters, type VirtualMeters } from './virtual-meters.ts';

/** Seconds of silence after which the averager closes a meter's last window; 60 on a real gateway. */
const SILENCE_SECONDS = 5;
/** Time to become quiet: a fixed part, and so much for each reading. */
const QUIET_PATIENCE_MS = 90_000;
const QUIET_PATIENCE_PER_READING_MS = 5;

/** The smart meters measure from their start on; the virtual ones, and quick averages, are asked for. */
export async function startLoad(watch: SystemWatch, virtual: VirtualMeters): Promise<void> {
  await startVirtualMeters(watch, virtual);
  await watch.setDesired('averager', { silenceSeconds: SILENCE_SECONDS });
}

/**
 * Waits until all `readings` have arrived and every window is closed.
 *
 * @returns the instant of the last reading's movement, on the monotonic clock
 * @throws ProofTimeoutError naming what still waits
 */
export async function finishLoad(watch: SystemWatch, readings: number): Promise<number> {
  const patienceMs = QUIET_PATIENCE_MS + readings * QUIET_PATIENCE_PER_READING_MS;
  await stopVirtualMeters(watch);
  const quietAt = await waitForQuiet(watch, { patienceMs, quietMs: QUIET_MS });
  await closePresentWindows(watch, patienceMs);
  return quietAt;
}

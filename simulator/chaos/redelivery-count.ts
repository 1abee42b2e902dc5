/** Counts what edgeHub delivered again, over all its processes: each begins at 0. */
import type { ProofSystem } from '../proof/proof-system.ts';

const LOOK_EVERY_MS = 500;

/** Begins to count; `stop` ends it and says how many. */
export function countRedeliveries({ system, watch }: ProofSystem): { stop(): number } {
  const byPid = new Map<number, number>();
  const look = async () => {
    const pid = system.pids()['edge-hub'];
    const { redelivered } = await watch.edgeHub();
    // Between the two it may have been started anew.
    if (pid !== undefined && pid === system.pids()['edge-hub']) byPid.set(pid, redelivered);
  };
  const timer = setInterval(() => {
    look().catch(() => undefined);
  }, LOOK_EVERY_MS).unref();
  return {
    stop: () => {
      clearInterval(timer);
      return [...byPid.values()].reduce((sum, count) => sum + count, 0);
    },
  };
}

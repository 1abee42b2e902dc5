/** Peak memory of each process by name, also of those that were killed and started again. */
import { processMemory } from '../supervisor/memory.ts';

const LOOK_EVERY_MS = 500;
const BYTES_PER_MEBIBYTE = 2 ** 20;

export interface MemoryWatch {
  /** Mebibytes, by process; empty where the system does not tell. */
  peaks(): Readonly<Record<string, number>>;
  stop(): void;
}

/** @param pids process ids by name, asked before every look */
export function watchMemory(pids: () => Promise<ReadonlyMap<string, number>>): MemoryWatch {
  const peaks = new Map<string, number>();
  const look = async () => {
    for (const [name, pid] of await pids()) {
      const peak = processMemory(pid)?.peakResidentBytes ?? 0;
      peaks.set(name, Math.max(peaks.get(name) ?? 0, peak));
    }
  };
  const timer = setInterval(() => {
    // While a process restarts there is nobody to ask; the next look will find it.
    look().catch(() => undefined);
  }, LOOK_EVERY_MS);
  return {
    peaks: () =>
      Object.fromEntries(
        [...peaks].map(([name, bytes]) => [name, Math.round(bytes / BYTES_PER_MEBIBYTE)]),
      ),
    stop: () => clearInterval(timer),
  };
}

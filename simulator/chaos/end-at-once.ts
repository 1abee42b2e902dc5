/** The end of a run that was interrupted: some of its processes may be stopped and would never end. */
import { readdirSync, readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { LocalSystem } from '../supervisor/system.ts';
import type { SmallDisks } from './small-disks.ts';

const INTERRUPTED = 130;
const ProcessRecord = z.object({ pid: z.int().positive() });

/** What there is to be ended; filled in as it comes to be. */
export interface Alive {
  system?: LocalSystem;
  disks?: SmallDisks;
}

/** Kills everything that runs, removes the state, and ends this process. */
export function endAtOnce({ system, disks }: Alive): never {
  if (system !== undefined) {
    const { stateFolder } = system.settings;
    // First those that would start others again.
    for (const pid of [...Object.values(system.pids()), ...modulePids(stateFolder)]) kill(pid);
    disks?.unmount(false);
    removeState(stateFolder);
  }
  process.exit(INTERRUPTED);
}

/** From edgeAgent's records, which outlive it. */
function modulePids(stateFolder: string): number[] {
  const folder = join(stateFolder, 'edge-agent', 'processes');
  return readdirSync(folder).map((name) => {
    const record: unknown = JSON.parse(readFileSync(join(folder, name), 'utf8'));
    return ProcessRecord.parse(record).pid;
  });
}

function kill(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch {
    // It has ended meanwhile.
  }
}

function removeState(folder: string): void {
  try {
    rmSync(folder, { recursive: true, force: true });
  } catch {
    // A process that is ending may still write.
  }
}

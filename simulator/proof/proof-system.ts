/**
 * A system of its own for a proof: started on free ports in an empty state folder, watched, ended.
 *
 * Invariant: when the work is done, or has failed, no process of the system is left, and no state
 * unless it is to be kept.
 */
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { LOCAL_NAMES } from '../supervisor/local-names.ts';
import { holdFreePorts } from '../supervisor/free-ports.ts';
import { markStateFolder } from '../supervisor/state-folder.ts';
import { startSystem, type LocalSystem } from '../supervisor/system.ts';
import type { MeterSettings } from '../wire/settings.ts';
import { watchMemory, type MemoryWatch } from './memory-watch.ts';
import { SystemWatch } from './system-watch.ts';

/** A hundredth of the pace in Azure: an all-clear comes after 6 s. */
const GROUP_WAIT_SECONDS = 0.3;
const INTERVAL_MS = 10_000;
const WINDOW_MS = 300_000;
/** A window's end lies so far back that it may close. */
const SETTLED_MS = 60_000;

export interface ProofContext {
  readonly projectFolder: string;
  readonly say: (text: string) => void;
}

export interface ProofSystem {
  readonly system: LocalSystem;
  readonly watch: SystemWatch;
  readonly memory: MemoryWatch;
}

export interface ProofSystemOptions {
  readonly meters: MeterSettings;
  /** Leave the state folder behind. */
  readonly keep: boolean;
  /** Called with the state folder before anything is started. */
  readonly prepare?: (stateFolder: string) => void;
  /** Called when nothing runs any more, before the folder is removed. */
  readonly cleanUp?: (stateFolder: string) => void;
}

/** What the meters of a proof are asked for. */
export type MeterPlan = Pick<MeterSettings, 'count' | 'direct' | 'seed'> &
  Omit<NonNullable<MeterSettings['plan']>, 'endMs'>;

/** A fixed number of readings, measured up to now. */
export function plannedMeters({ count, direct, seed, ...plan }: MeterPlan): MeterSettings {
  const endMs = Math.floor((Date.now() - SETTLED_MS) / WINDOW_MS) * WINDOW_MS;
  return {
    count,
    direct,
    seed,
    manual: false,
    intervalMs: INTERVAL_MS,
    historySeconds: 0,
    plan: { ...plan, endMs },
  };
}

/** Runs `work` on a system of its own. */
export async function withProofSystem<T>(
  options: ProofSystemOptions,
  context: ProofContext,
  work: (running: ProofSystem) => Promise<T>,
): Promise<T> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'iot-proof-'));
  try {
    context.say(`state in ${stateFolder}`);
    markStateFolder(stateFolder);
    options.prepare?.(stateFolder);
    return await startedIn(stateFolder, { ...options, ...context }, work);
  } finally {
    options.cleanUp?.(stateFolder);
    if (!options.keep) await rm(stateFolder, { recursive: true, force: true });
  }
}

async function startedIn<T>(
  stateFolder: string,
  { meters, projectFolder, say }: ProofSystemOptions & ProofContext,
  work: (running: ProofSystem) => Promise<T>,
): Promise<T> {
  const system = await startSystem({
    chosen: {
      ...LOCAL_NAMES,
      stateFolder,
      projectFolder,
      meters,
      manifestFile: join(projectFolder, 'deployment.template.json'),
      faithful: false,
      powerBi: false,
      groupWaitSeconds: GROUP_WAIT_SECONDS,
      logLevel: 'info',
      ports: (await holdFreePorts()).ports,
    },
    fresh: false,
    onPhase: say,
  });
  const watch = new SystemWatch(system.settings);
  const memory = watchMemory(() => allPids(system, watch));
  try {
    return await work({ system, watch, memory });
  } finally {
    memory.stop();
    await system.stop();
  }
}

async function allPids(
  system: LocalSystem,
  watch: SystemWatch,
): Promise<ReadonlyMap<string, number>> {
  const modules = await watch.modulePids();
  return new Map([...Object.entries(system.pids()), ...modules]);
}

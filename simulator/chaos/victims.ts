/** What can be done to a module and to edgeHub, and what they show of themselves. */
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { processStartTime } from '../edge/edge-agent/process-identity.ts';
import { queuedFor } from '../proof/in-flight.ts';
import type { ProofSystem } from '../proof/proof-system.ts';
import { insist, waitUntil } from '../proof/wait-until.ts';
import { openReadOnly } from '../wire/database.ts';
import { TARGETS, type ModuleTarget, type Target } from './core/fault-plan.ts';

/** A process that faults are done to. */
export interface Victim {
  readonly name: Target;
  /** Where its databases are. */
  readonly folder: string;
  readonly logFile: string;
  /** Its process id; undefined while it does not run. */
  pid(): Promise<number | undefined>;
  /** Lets it stay down when it ends. @returns its process id */
  hold(): Promise<number | undefined>;
  release(): Promise<void>;
  /** Whether messages wait for it, or are on their way to it or from it. */
  hasWork(): Promise<boolean>;
  /** Resolves when it serves. @throws Error while it does not */
  answer(): Promise<unknown>;
}

const LOOK_EVERY_MS = 50;
const PATIENCE_MS = 60_000;
/** A stopped edgeHub does not answer; then nobody knows. */
const LOOK_LONGEST_MS = 1_500;

export function moduleVictim({ system, watch }: ProofSystem, name: ModuleTarget): Victim {
  const { stateFolder } = system.settings;
  const folder = join(stateFolder, 'modules', name);
  return {
    name,
    folder,
    logFile: join(stateFolder, 'logs', `${name}.log`),
    pid: async () => (await watch.modulePids()).get(name),
    hold: () => insist(`holding ${name}`, () => watch.holdModule(name)),
    release: () => insist(`releasing ${name}`, () => watch.releaseModule(name)),
    hasWork: async () => {
      if (hasOutbox(folder)) return true;
      const status = await soon(watch.edgeHub());
      return status !== undefined && queuedFor(status, name) > 0;
    },
    answer: () => watch.module(name),
  };
}

/** @param isUsed whether a module is the victim of another fault now, and may be silent */
export function edgeHubVictim(
  { system, watch }: ProofSystem,
  isUsed: (module: ModuleTarget) => boolean,
): Victim {
  const { stateFolder } = system.settings;
  const name = 'edge-hub';
  const pid = () => Promise.resolve(system.pids()[name]);
  return {
    name,
    folder: join(stateFolder, name),
    logFile: join(stateFolder, 'logs', `${name}.log`),
    pid,
    hold: () => {
      system.hold(name);
      return pid();
    },
    release: () => Promise.resolve(system.release(name)),
    hasWork: async () => {
      const { produced, acknowledged } = await watch.meters();
      if (produced > acknowledged) return true;
      const status = await soon(watch.edgeHub());
      return status?.endpoints.some(({ queued }) => queued > 0) ?? false;
    },
    // It serves again when the modules have found it again.
    answer: () =>
      Promise.all([
        watch.edgeHub(),
        ...TARGETS.filter((target) => target !== name)
          .filter((module) => !isUsed(module))
          .map((module) => watch.module(module)),
      ]),
  };
}

/** Holds a process, and starts it first if it does not run. @returns its process id */
export async function holdRunning(victim: Victim): Promise<number> {
  const pid = await victim.hold();
  if (pid !== undefined) return pid;
  await victim.release();
  return waitUntil(() => victim.pid().then((found) => found && victim.hold()), {
    what: `${victim.name} running`,
    patienceMs: PATIENCE_MS,
    everyMs: LOOK_EVERY_MS,
  });
}

/** Kills a process and resolves when it is gone. */
export async function killAndWait(pid: number): Promise<void> {
  process.kill(pid, 'SIGKILL');
  const isGone = () => Promise.resolve(processStartTime(pid) === undefined || undefined);
  const what = `the end of process ${pid}`;
  await waitUntil(isGone, { what, patienceMs: PATIENCE_MS, everyMs: LOOK_EVERY_MS / 10 });
}

/** Whether messages lie in the module's outbox: committed, and not acknowledged by edgeHub. */
function hasOutbox(folder: string): boolean {
  return readdirSync(folder)
    .filter((name) => name.endsWith('.db'))
    .some((name) => {
      const database = openReadOnly(join(folder, name));
      try {
        return database.prepare('SELECT 1 FROM outbox LIMIT 1').get() !== undefined;
      } catch {
        // It has just been made.
        return false;
      } finally {
        database.close();
      }
    });
}

/**
 * The answer, if it comes soon: a method call that is delivered while its module still subscribes is
 * never answered, and the next one is.
 */
export function soon<T>(answer: Promise<T>): Promise<T | undefined> {
  return Promise.race([answer.catch(() => undefined), delay(LOOK_LONGEST_MS, undefined)]);
}

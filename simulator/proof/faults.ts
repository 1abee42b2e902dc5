/**
 * The faults of a proof: every module is killed once while messages to it, or from the module that
 * measures, are in flight, and the link is cut until a tenth of all readings waits on the gateway.
 */
import { queuedFor } from './in-flight.ts';
import type { EdgeHubStatus, SystemWatch } from './system-watch.ts';
import { METER_SIMULATOR, waitForOutbox } from './virtual-meters.ts';
import { waitUntil, type Waiting } from './wait-until.ts';

/** Modules that a reading behind the gateway passes. */
export const MODULES_ON_PATH = ['averager', 'anomaly-detector', 'store-and-forward'] as const;
export type ModuleOnPath = (typeof MODULES_ON_PATH)[number];

/** All modules of the manifest. */
export const MODULES = [...MODULES_ON_PATH, METER_SIMULATOR] as const;
export type Module = (typeof MODULES)[number];

const LOOK_EVERY_MS = 5;
const PATIENCE_MS = 60_000;
/** How long the moment is waited for at which a module also sends. */
const SENDING_PATIENCE_MS = 3_000;

/** More than the tenth that the verdict asks for: the virtual meters go on measuring. */
const BACKLOG_SHARE = 1 / 8;

export interface Kill {
  readonly module: Module;
  /**
   * Messages queued for the module and not acknowledged by it when it was killed; for the one that
   * measures, sent by it and not acknowledged by edgeHub.
   */
  readonly inFlightMessages: number;
  /** Until it answered again. */
  readonly downMs: number;
}

export interface Faults {
  readonly kills: readonly Kill[];
  /** Readings that waited in store-and-forward when the link was mended. */
  readonly backlogReadings: number;
  readonly cutMs: number;
}

export interface FaultPlan {
  readonly watch: SystemWatch;
  /** Readings of all meters together, but for the virtual ones. */
  readonly readings: number;
  /** Path of the journal of the virtual meters. */
  readonly virtualJournal: string;
  readonly say: (text: string) => void;
}

/** Makes all faults, and resolves when the link is mended and all modules are back. */
export async function makeFaults(plan: FaultPlan): Promise<Faults> {
  const { watch, say } = plan;
  const pids = await watch.modulePids();
  const kills: { back: Promise<Kill> }[] = [];
  for (const module of MODULES) kills.push(await kill(plan, pids, module));
  await watch.cutLink();
  const cutAt = performance.now();
  say('link cut');
  const returned = await Promise.all(kills.map(({ back }) => back));
  const backlogReadings = await waitForBacklog(plan);
  await watch.mendLink();
  const cutMs = performance.now() - cutAt;
  say(`link mended, ${backlogReadings} readings wait on the gateway`);
  return { kills: returned, backlogReadings, cutMs };
}

/** Kills a module while messages for it are in flight; `back` resolves when it is. */
async function kill(
  plan: FaultPlan,
  pids: ReadonlyMap<string, number>,
  module: Module,
): Promise<{ back: Promise<Kill> }> {
  const { watch, say } = plan;
  const pid = pids.get(module);
  if (pid === undefined) throw new Error(`The module ${module} does not run.`);
  const inFlightMessages =
    module === METER_SIMULATOR
      ? await waitForOutbox(plan.virtualJournal, flightOf(module))
      : await waitForFlight(watch, module);
  process.kill(pid, 'SIGKILL');
  const killedAt = performance.now();
  say(`${module} killed with ${inFlightMessages} messages in flight`);
  const back = waitForReturn(watch, pid, { module, inFlightMessages, killedAt });
  // Awaited only when all are killed; a failure before that is not unhandled.
  back.catch(() => undefined);
  return { back };
}

/**
 * Waits until messages are in flight to the module, and for a while also for results of it that are
 * on their way: then the kill hits both its input and its outbox.
 */
async function waitForFlight(watch: SystemWatch, module: ModuleOnPath): Promise<number> {
  const startedAt = performance.now();
  return waitUntil(async () => {
    const status = await watch.edgeHub();
    const inFlight = queuedFor(status, module);
    if (inFlight === 0) return undefined;
    const patient = performance.now() - startedAt < SENDING_PATIENCE_MS;
    return patient && !isSending(status, module) ? undefined : inFlight;
  }, flightOf(module));
}

function flightOf(module: Module): Waiting {
  const what = `messages in flight at ${module}`;
  return { what, patienceMs: PATIENCE_MS, everyMs: LOOK_EVERY_MS };
}

function isSending(status: EdgeHubStatus, module: ModuleOnPath): boolean {
  switch (module) {
    case 'averager':
      return queuedFor(status, 'store-and-forward', 'averages') > 0;
    case 'anomaly-detector':
      // Anomalies are few: there is no moment to wait for.
      return true;
    case 'store-and-forward':
      return status.upstream.queued > 0;
  }
}

/** Back is a module that runs under another process id and is connected to edgeHub. */
async function waitForReturn(
  watch: SystemWatch,
  killedPid: number,
  { killedAt, ...kill }: Omit<Kill, 'downMs'> & { readonly killedAt: number },
): Promise<Kill> {
  const isBack = async () => {
    const pid = (await watch.modulePids()).get(kill.module);
    if (pid === undefined || pid === killedPid) return undefined;
    const { clients } = await watch.edgeHub();
    return clients.find(({ id, connected }) => connected && id.endsWith(`/${kill.module}`));
  };
  const waiting = { what: `${kill.module} back`, patienceMs: PATIENCE_MS, everyMs: 50 };
  await waitUntil(isBack, waiting);
  return { ...kill, downMs: performance.now() - killedAt };
}

/** Waits until enough readings wait, or all there are; resolves with their number. */
async function waitForBacklog({ watch, readings }: FaultPlan): Promise<number> {
  return waitUntil(
    async () => {
      const { backlogReadings } = await watch.module('store-and-forward');
      if (backlogReadings >= readings * BACKLOG_SHARE) return backlogReadings;
      const { planDone } = await watch.meters();
      const waiting = queuedFor(await watch.edgeHub(), 'store-and-forward');
      return planDone && waiting === 0 ? backlogReadings : undefined;
    },
    { what: 'a backlog on the gateway', patienceMs: PATIENCE_MS, everyMs: 20 },
  );
}

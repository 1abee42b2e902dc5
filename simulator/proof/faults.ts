/**
 * The faults of a proof: every module on the path is killed once while messages for it are in
 * flight, and the link is cut until a tenth of all readings waits on the gateway.
 */
import type { SystemWatch } from './system-watch.ts';
import { waitUntil } from './wait-until.ts';

/** Modules that a reading behind the gateway passes. */
export const MODULES_ON_PATH = ['averager', 'anomaly-detector', 'store-and-forward'] as const;
export type ModuleOnPath = (typeof MODULES_ON_PATH)[number];

const LOOK_EVERY_MS = 5;
const PATIENCE_MS = 60_000;

export interface Kill {
  readonly module: ModuleOnPath;
  /** Messages queued for the module and not acknowledged by it when it was killed. */
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
  /** Readings of all meters together. */
  readonly readings: number;
  /** Readings that the meters behind the gateway send. */
  readonly gatewayReadings: number;
  readonly say: (text: string) => void;
}

/** Makes all faults, and resolves when the link is mended and all modules are back. */
export async function makeFaults(plan: FaultPlan): Promise<Faults> {
  const { watch, say } = plan;
  const pids = await watch.modulePids();
  const averager = await kill(plan, pids, 'averager');
  const detector = await kill(plan, pids, 'anomaly-detector');
  await waitForShare(plan, 0.1);
  await watch.cutLink();
  const cutAt = performance.now();
  say('link cut');
  const storeAndForward = await kill(plan, pids, 'store-and-forward');
  const backlogReadings = await waitForBacklog(plan);
  await watch.mendLink();
  const cutMs = performance.now() - cutAt;
  say(`link mended, ${backlogReadings} readings wait on the gateway`);
  const kills = await Promise.all([averager, detector, storeAndForward].map(({ back }) => back));
  return { kills, backlogReadings, cutMs };
}

/** Kills a module as soon as messages for it are in flight; `back` resolves when it answers again. */
async function kill(
  { watch, say }: FaultPlan,
  pids: ReadonlyMap<string, number>,
  module: ModuleOnPath,
): Promise<{ back: Promise<Kill> }> {
  const pid = pids.get(module);
  if (pid === undefined) throw new Error(`The module ${module} does not run.`);
  const inFlightMessages = await waitUntil(
    async () => {
      const { endpoints } = await watch.edgeHub();
      const own = endpoints.filter(({ endpoint }) => endpoint.split('/').includes(module));
      const queued = own.reduce((sum, endpoint) => sum + endpoint.queued, 0);
      return queued > 0 ? queued : undefined;
    },
    { what: `messages in flight to ${module}`, patienceMs: PATIENCE_MS, everyMs: LOOK_EVERY_MS },
  );
  process.kill(pid, 'SIGKILL');
  const killedAt = performance.now();
  say(`${module} killed with ${inFlightMessages} messages in flight`);
  return { back: waitForReturn(watch, { module, inFlightMessages, killedAt }) };
}

async function waitForReturn(
  watch: SystemWatch,
  { killedAt, ...kill }: Omit<Kill, 'downMs'> & { readonly killedAt: number },
): Promise<Kill> {
  const { module } = kill;
  const waiting = { what: `${module} back`, patienceMs: PATIENCE_MS, everyMs: 50 };
  await waitUntil(() => watch.module(module), waiting);
  return { ...kill, downMs: performance.now() - killedAt };
}

/** Waits until store-and-forward has taken in a share of the readings that come through the gateway. */
async function waitForShare({ watch, gatewayReadings }: FaultPlan, share: number): Promise<void> {
  await waitUntil(
    async () => {
      const { received } = await watch.module('store-and-forward');
      return received >= gatewayReadings * share ? received : undefined;
    },
    { what: 'readings on the gateway', patienceMs: PATIENCE_MS, everyMs: LOOK_EVERY_MS },
  );
}

/** Waits until a tenth of all readings waits, or all there are; resolves with their number. */
async function waitForBacklog({ watch, readings }: FaultPlan): Promise<number> {
  return waitUntil(
    async () => {
      const { backlogReadings } = await watch.module('store-and-forward');
      if (backlogReadings >= readings / 10) return backlogReadings;
      const { planDone } = await watch.meters();
      const { endpoints } = await watch.edgeHub();
      const waiting = endpoints.some(
        ({ endpoint, queued }) => queued > 0 && endpoint.includes('store-and-forward'),
      );
      return planDone && !waiting ? backlogReadings : undefined;
    },
    { what: 'a backlog on the gateway', patienceMs: PATIENCE_MS, everyMs: 20 },
  );
}

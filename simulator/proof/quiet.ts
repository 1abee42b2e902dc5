/** Waits until nothing moves any more: all queues empty, all counts stable. */
import { MODULES } from './faults.ts';
import type { SystemWatch } from './system-watch.ts';
import { waitUntil } from './wait-until.ts';

/** Longer than every timer on the path: silence of a meter, packs, the wait before an all-clear. */
export const QUIET_MS = 9_000;
const LOOK_EVERY_MS = 500;

/** Longer than the timers that an average alone meets. */
const CLOSING_QUIET_MS = 3_000;
/** Any length but the one in use. */
const OTHER_WINDOW_SECONDS = 60;

/**
 * Lets the averager issue the windows that virtual meters left open: of the present, they would end
 * only minutes from now. With another window length it issues all open ones as they are.
 *
 * To be called when all readings have arrived.
 */
export async function closePresentWindows(watch: SystemWatch, patienceMs: number): Promise<void> {
  await watch.configure('averager', 'windowSeconds', OTHER_WINDOW_SECONDS);
  await waitForQuiet(watch, { patienceMs, quietMs: CLOSING_QUIET_MS });
}

export interface QuietOptions {
  readonly patienceMs: number;
  /** How long nothing may have moved. */
  readonly quietMs: number;
}

/**
 * Resolves with the instant of the last movement, on the monotonic clock.
 *
 * @throws ProofTimeoutError naming what still waits
 */
export async function waitForQuiet(
  watch: SystemWatch,
  { patienceMs, quietMs }: QuietOptions,
): Promise<number> {
  let last = '';
  let since = performance.now();
  let waitingFor = '';
  const look = async () => {
    const { busy, fingerprint } = await lookOnce(watch);
    waitingFor = busy.join(', ');
    if (busy.length > 0 || fingerprint !== last) {
      last = fingerprint;
      since = performance.now();
      return undefined;
    }
    return performance.now() - since >= quietMs ? since : undefined;
  };
  try {
    return await waitUntil(look, { what: 'quiet', patienceMs, everyMs: LOOK_EVERY_MS });
  } catch (error) {
    if (waitingFor === '') throw error;
    throw new Error(`The system did not become quiet; still waiting: ${waitingFor}.`, {
      cause: error,
    });
  }
}

async function lookOnce(watch: SystemWatch): Promise<{ busy: string[]; fingerprint: string }> {
  const [meters, edgeHub, jobs, eventHubs, mails, modules] = await Promise.all([
    watch.meters(),
    watch.edgeHub(),
    watch.jobs(),
    watch.eventHubs(),
    watch.mailCount(),
    Promise.all(MODULES.map((id) => watch.module(id))),
  ]);
  const queued = edgeHub.endpoints.filter((endpoint) => endpoint.queued > 0);
  const backlog = jobs.jobs.filter(({ inputs }) => inputs.some((input) => input.backlog !== 0));
  const busy = [
    ...(meters.planDone ? [] : [`meters (${meters.acknowledged} of ${meters.produced})`]),
    ...queued.map((endpoint) => `edge-hub ${endpoint.endpoint} (${endpoint.queued})`),
    ...backlog.map(({ name, error }) => `job ${name}${error === null ? '' : `: ${error}`}`),
    ...modules.flatMap(({ outboxRows, backlogReadings }, index) =>
      outboxRows + backlogReadings === 0 ? [] : [`module ${MODULES[index]}`],
    ),
  ];
  const work = jobs.jobs.map(({ eventsIn, eventsOut }) => [eventsIn, eventsOut]);
  const counters = modules.map(({ received, sent }) => [received, sent]);
  return { busy, fingerprint: JSON.stringify([work, counters, eventHubs, mails]) };
}

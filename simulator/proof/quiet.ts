/** Waits until nothing moves any more: all queues empty, all counts stable. */
import { MODULES_ON_PATH } from './faults.ts';
import type { SystemWatch } from './system-watch.ts';
import { waitUntil } from './wait-until.ts';

/** Longer than every timer on the path: silence of a meter, packs, the wait before a mail. */
export const QUIET_MS = 9_000;
const LOOK_EVERY_MS = 500;

/**
 * Resolves with the instant of the last movement, on the monotonic clock.
 *
 * @throws ProofTimeoutError naming what still waits
 */
export async function waitForQuiet(watch: SystemWatch, patienceMs: number): Promise<number> {
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
    return performance.now() - since >= QUIET_MS ? since : undefined;
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
    watch.incidentMails(),
    Promise.all(MODULES_ON_PATH.map((id) => watch.module(id))),
  ]);
  const queued = edgeHub.endpoints.filter((endpoint) => endpoint.queued > 0);
  const backlog = jobs.jobs.filter(({ inputs }) => inputs.some((input) => input.backlog !== 0));
  const busy = [
    ...(meters.planDone ? [] : [`meters (${meters.acknowledged} of ${meters.produced})`]),
    ...queued.map((endpoint) => `edge-hub ${endpoint.endpoint} (${endpoint.queued})`),
    ...backlog.map(({ name, error }) => `job ${name}${error === null ? '' : `: ${error}`}`),
    ...modules.flatMap(({ outboxRows, backlogReadings }, index) =>
      outboxRows + backlogReadings === 0 ? [] : [`module ${MODULES_ON_PATH[index]}`],
    ),
  ];
  const work = jobs.jobs.map(({ eventsIn, eventsOut }) => [eventsIn, eventsOut]);
  const counters = modules.map(({ received, sent }) => [received, sent]);
  return { busy, fingerprint: JSON.stringify([work, counters, eventHubs, mails.length]) };
}

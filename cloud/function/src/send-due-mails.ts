/**
 * Sends the mails that are due.
 *
 * For each incident: claim its row, send, record it as mailed, forget its anomalies. A crash in
 * between is taken up when the claim has ended, under the same Message-ID.
 *
 * Invariants:
 * - no mail is sent without a claim that outlasts the time sending may take;
 * - one meter's trouble does not hold up another's mails.
 */
import { composeMail, type IncidentMail } from './core/incident-mail.ts';
import { planMeter, retryDelayMs, type PendingAnomaly } from './core/incidents.ts';
import type { MeterView, StoredIncident } from './incident-store.ts';
import { MailError } from './mailer.ts';
import type { FunctionLog, Services } from './services.ts';

/** Meters whose mails are sent at the same time. */
const CONCURRENT_METERS = 6;
/** Incidents of a meter that are claimed together. */
const CLAIMED_TOGETHER = 10;
/** One run begins no incident later than this; the next goes on. The host allows 5 minutes. */
const MAX_RUN_MS = 60_000;

/** One run over all pending anomalies. */
interface Run {
  readonly services: Services;
  readonly log: FunctionLog;
  readonly startedMs: number;
  readonly faults: unknown[];
  mailsSent: number;
  isServerDown: boolean;
}

/** An incident that is this run's to mail. */
interface Delivery {
  readonly incident: StoredIncident;
  readonly members: readonly PendingAnomaly[];
}

/**
 * Sends every mail that is due now and resolves with how many the server took.
 *
 * @throws AggregateError when storage failed for some meters; the others were served
 */
export async function sendDueMails(services: Services, log: FunctionLog): Promise<number> {
  const startedMs = services.nowMs();
  const run: Run = { services, log, startedMs, faults: [], mailsSent: 0, isServerDown: false };
  const meters = groupByMeter(await services.pending.list()).entries();
  await Promise.all(Array.from({ length: CONCURRENT_METERS }, () => serveMeters(run, meters)));
  if (run.mailsSent > 0) log.info('mails sent', { mails: run.mailsSent });
  if (run.faults.length > 0) {
    throw new AggregateError(run.faults, 'storage failed: the mails of some meters wait');
  }
  return run.mailsSent;
}

function groupByMeter(pending: readonly PendingAnomaly[]): Map<string, PendingAnomaly[]> {
  const groups = new Map<string, PendingAnomaly[]>();
  for (const candidate of pending) {
    const { meterId } = candidate.anomaly;
    const group = groups.get(meterId);
    if (group === undefined) groups.set(meterId, [candidate]);
    else group.push(candidate);
  }
  return groups;
}

/** Takes meter after meter from an iterator that several callers share. */
async function serveMeters(
  run: Run,
  meters: IterableIterator<[string, PendingAnomaly[]]>,
): Promise<void> {
  for (const [meterId, pending] of meters) {
    try {
      await serveMeter(run, meterId, pending);
    } catch (error) {
      run.faults.push(error);
    }
  }
}

async function serveMeter(run: Run, meterId: string, pending: PendingAnomaly[]): Promise<void> {
  const { services } = run;
  const times = pending.map(({ anomaly }) => anomaly.atMs);
  const [fromMs, toMs] = times.reduce(
    ([low, high], atMs) => [Math.min(low, atMs), Math.max(high, atMs)],
    [Infinity, -Infinity],
  );
  const view = await services.incidents.view(meterId, fromMs, toMs);
  const plan = planMeter(pending, view.incidents, {
    nowMs: services.nowMs(),
    groupWaitMs: services.settings.groupWaitMs,
  });
  await services.pending.remove(plan.told);
  for (const { known, members } of plan.resume) await resume(run, known, members);
  await beginIncidents(run, view, plan.begin);
}

/** Claims and mails new incidents, a few at a time, until another instance is seen at work. */
async function beginIncidents(
  run: Run,
  { meterId, headEtag }: MeterView,
  due: readonly { readonly startMs: number; readonly members: readonly PendingAnomaly[] }[],
): Promise<void> {
  let head = headEtag;
  for (let at = 0; at < due.length && !mustStop(run); at += CLAIMED_TOGETHER) {
    const batch = due.slice(at, at + CLAIMED_TOGETHER);
    const claim = await run.services.incidents.claim(
      { meterId, headEtag: head },
      batch.map(({ startMs }) => startMs),
      claimEndMs(run.services),
    );
    if (claim === undefined) return;
    head = claim.headEtag;
    const deliveries = claim.incidents.map((incident, index) => ({
      incident,
      members: batch[index]?.members ?? [],
    }));
    const told: PendingAnomaly[] = [];
    for (const delivery of deliveries) {
      if (await deliver(run, delivery)) told.push(...delivery.members);
    }
    await run.services.pending.remove(told);
  }
}

async function resume(
  run: Run,
  incident: StoredIncident,
  members: readonly PendingAnomaly[],
): Promise<void> {
  if (mustStop(run)) return;
  const { incidents, pending } = run.services;
  const endMs = claimEndMs(run.services);
  const claimed = await incidents.reclaim(incident, endMs, incident.failedAttempts);
  if (claimed === undefined) return;
  if (await deliver(run, { incident: claimed, members })) await pending.remove(members);
}

/** Sends one mail and records it; false when it is to be sent later, or by another instance. */
async function deliver(run: Run, { incident, members }: Delivery): Promise<boolean> {
  const { services, log } = run;
  if (run.isServerDown) return putOff(run, incident);
  const { timeoutMs } = services.settings.smtp;
  const lasts = incident.notBeforeMs >= services.nowMs() + timeoutMs;
  const claimed = lasts
    ? incident
    : await services.incidents.reclaim(incident, claimEndMs(services), incident.failedAttempts);
  if (claimed === undefined) return false;
  try {
    await services.mailer.send(mailOf(services, claimed, members), claimed.messageId);
  } catch (error) {
    if (!(error instanceof MailError)) throw error;
    run.isServerDown ||= error.isServerDown;
    log.error('mail not sent, it will be tried again', { reason: error.message });
    return putOff(run, claimed);
  }
  run.mailsSent += 1;
  const recorded = await services.incidents.markMailed(claimed, services.nowMs());
  if (!recorded) log.warn('mail sent, but another instance had taken the incident over');
  return recorded;
}

async function putOff(run: Run, incident: StoredIncident): Promise<false> {
  const failedAttempts = incident.failedAttempts + 1;
  const notBeforeMs = run.services.nowMs() + retryDelayMs(failedAttempts);
  await run.services.incidents.reclaim(incident, notBeforeMs, failedAttempts);
  return false;
}

function mailOf(
  services: Services,
  { startMs }: StoredIncident,
  members: readonly PendingAnomaly[],
): IncidentMail {
  const [first, ...others] = members.map(({ anomaly }) => anomaly);
  if (first === undefined) throw new Error('an incident has at least one anomaly');
  const { dashboardUrl } = services.settings;
  const toIso = (atMs: number): string => new Date(atMs).toISOString();
  return composeMail([first, ...others], { startMs, dashboardUrl, toIso });
}

/** A claim lasts twice as long as sending may take, so that its end never meets a mail under way. */
function claimEndMs({ nowMs, settings }: Services): number {
  return nowMs() + 2 * settings.smtp.timeoutMs;
}

function mustStop(run: Run): boolean {
  return run.isServerDown || run.services.nowMs() - run.startedMs > MAX_RUN_MS;
}

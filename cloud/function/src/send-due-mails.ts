/**
 * Looks at the sites that are due: counts what came in, makes out the mail that is due, sends it.
 *
 * A mail is made out in the transaction that changes the site's state, claimed, sent and recorded.
 * A crash in between is taken up when the claim has ended, under the same Message-ID.
 *
 * Invariants:
 * - no mail is sent without a claim that outlasts the time sending may take;
 * - a site has one mail on its way; what comes meanwhile waits for the next;
 * - one site's trouble does not hold up another's mails.
 */
import { nextStep, type Step } from './core/next-mail.ts';
import { takeIn } from './core/site-state.ts';
import { deliver } from './deliver.ts';
import { SAVE_AGAIN_MS, saveIncidents } from './save-incidents.ts';
import type { FunctionLog, Services } from './services.ts';
import type { DueSite } from './site-index.ts';
import { COUNTED_TOGETHER, type MailPlace, type StoredSite } from './site-store.ts';

/** Sites that are looked at at the same time. */
const CONCURRENT_SITES = 6;
/** One run begins no site later than this; the next goes on. The host allows 5 minutes. */
const MAX_RUN_MS = 60_000;

/** One run over all sites that are due. */
export interface Run {
  readonly services: Services;
  readonly log: FunctionLog;
  readonly startedMs: number;
  /** Since when the timer has run without a pause. */
  readonly watchingSinceMs: number;
  readonly faults: unknown[];
  mailsSent: number;
  /** No transport takes mails now: the others wait without an attempt. */
  isServerDown: boolean;
  /** The database with incidents does not answer. */
  isSqlDown: boolean;
}

/**
 * Sends every mail that is due now and resolves with how many were taken.
 *
 * @throws AggregateError when storage failed for some sites; the others were served
 */
export async function sendDueMails(services: Services, log: FunctionLog): Promise<number> {
  const startedMs = services.nowMs();
  const watchingSinceMs = await services.index.noteWatching(startedMs);
  const run: Run = {
    services,
    log,
    startedMs,
    watchingSinceMs,
    faults: [],
    mailsSent: 0,
    isServerDown: false,
    isSqlDown: false,
  };
  const due = (await services.index.due(startedMs)).values();
  await Promise.all(Array.from({ length: CONCURRENT_SITES }, () => serveSites(run, due)));
  if (run.mailsSent > 0) log.info('mails sent', { mails: run.mailsSent });
  if (run.faults.length > 0) {
    throw new AggregateError(run.faults, 'some sites could not be served, they are tried again');
  }
  return run.mailsSent;
}

/** Takes site after site from an iterator that several callers share. */
async function serveSites(run: Run, sites: IterableIterator<DueSite>): Promise<void> {
  for (const site of sites) {
    if (run.services.nowMs() - run.startedMs > MAX_RUN_MS) return;
    try {
      await serveSite(run, site);
    } catch (error) {
      run.faults.push(error);
    }
  }
}

async function serveSite(run: Run, due: DueSite): Promise<void> {
  const dueMs = await lookAt(run, due);
  const isSaved = await saveIncidents(run, due.id);
  if (dueMs === undefined) return;
  const saveMs = isSaved ? Infinity : run.services.nowMs() + SAVE_AGAIN_MS;
  const nextMs = Math.min(dueMs ?? Infinity, saveMs);
  await run.services.index.putOff(due, nextMs === Infinity ? null : nextMs);
}

/** Resolves with when to look again, null for not before an event, undefined for the next tick. */
async function lookAt(run: Run, due: DueSite): Promise<number | null | undefined> {
  const { sites, nowMs, settings } = run.services;
  const counted = await countPending(run, due.id);
  if (counted === undefined) return undefined;
  const place = await sites.mailPlace(due.id);
  if (place.mail !== null) {
    if (place.mail.notBeforeMs > nowMs()) return place.mail.notBeforeMs;
    await deliver(run, counted, place.mail);
    return undefined;
  }
  const step = nextStep(counted.state, momentOf(run, due), settings.pace);
  if (step.draft === null) return step.dueMs;
  await makeOutAndSend(run, counted, { ...step, draft: step.draft, place });
  return undefined;
}

/** Counts what waits; undefined when another instance is at work on the site. */
async function countPending(run: Run, siteId: string): Promise<StoredSite | undefined> {
  const { sites, arrivals, settings } = run.services;
  let site = await sites.load(siteId);
  for (;;) {
    const pending = await arrivals.pending(siteId, COUNTED_TOGETHER);
    if (pending.length === 0) return site;
    const arrived = pending.flatMap((row) => row.arrivals);
    const counted = await sites.count(site, takeIn(site.state, arrived, settings.pace), pending);
    if (counted === undefined) return undefined;
    site = counted;
  }
}

async function makeOutAndSend(
  run: Run,
  site: StoredSite,
  { state, draft, place }: Step & { draft: NonNullable<Step['draft']>; place: MailPlace },
): Promise<void> {
  const { sites } = run.services;
  const made = await sites.makeOut(site, { state, draft }, place);
  if (made !== undefined) await deliver(run, made.site, made.mail);
}

function momentOf(run: Run, { heardMs }: DueSite) {
  return { nowMs: run.services.nowMs(), heardMs, watchingSinceMs: run.watchingSinceMs };
}

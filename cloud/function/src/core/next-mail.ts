/**
 * Which mail of a site is due, and when the next one can be.
 *
 * Invariants:
 * - an incident has one first mail, `groupWaitMs` after its first anomaly, and one all-clear;
 * - from one mail of an incident to the next at least `updateMs` pass, unless a gateway falls silent
 *   or is heard of again; updates that name no meter anew are twice as far apart each time;
 * - while a gateway is silent, or when people have acknowledged, there are no updates; nor reminders
 *   after an acknowledgement;
 * - late anomalies alone make one mail for the whole backlog.
 */
import type { MailKind, Silence } from './mail.ts';
import { LONGEST_DIGEST_WAIT, type Pace } from './pace.ts';
import { openIncident, QUIET_SITE, type OpenIncident, type SiteState } from './site-state.ts';
import { addTallies, type Tally } from './tally.ts';

/** After so long nobody is reminded of a silent gateway any more: it has been taken away. */
const LONGEST_SILENCE_MS = 30 * 86_400_000;

/** The moment of a decision; instants are epoch milliseconds. */
export interface Moment {
  readonly nowMs: number;
  /** When something last came from the gateway; null for sites without one, or never heard of. */
  readonly heardMs: number | null;
  /** Since when this app has been looking without a break: before, nothing could be heard. */
  readonly watchingSinceMs: number;
}

/** A mail that is to be made out. */
export interface Draft {
  readonly kind: MailKind;
  readonly openedMs: number;
  readonly writtenMs: number;
  readonly number: number;
  readonly news: Tally;
  readonly total: Tally;
  readonly newMeters: readonly string[];
  readonly silence: Silence | null;
  readonly acknowledgedMs: number | null;
  /** Whether the incident ends with this mail. */
  readonly isLast: boolean;
}

/** What is to happen at a site. */
export interface Step {
  readonly state: SiteState;
  readonly draft: Draft | null;
  /** When to look again if nothing comes before; null when only an event can change anything. */
  readonly dueMs: number | null;
}

interface Candidate {
  readonly kind: MailKind;
  readonly dueMs: number;
}

/** Decides for one site. */
export function nextStep(state: SiteState, moment: Moment, pace: Pace): Step {
  const candidates = candidatesFor(state, moment, pace);
  const due = candidates.find(({ dueMs }) => dueMs <= moment.nowMs);
  if (due === undefined) {
    const dueMs = candidates.reduce(
      (least, candidate) => Math.min(least, candidate.dueMs),
      Infinity,
    );
    return { state, draft: null, dueMs: dueMs === Infinity ? null : dueMs };
  }
  return { ...makeOut(due.kind, state, moment, pace), dueMs: moment.nowMs };
}

/** The mails that can come next, the most important first. */
function candidatesFor(state: SiteState, moment: Moment, pace: Pace): Candidate[] {
  const { incident } = state;
  if (incident === null) return [...silence(moment, pace), ...digest(state, pace)];
  if (incident.silentSinceMs !== null) return whileSilent(incident, moment, pace);
  if (incident.mails === 0) {
    const first: Candidate = { kind: 'first', dueMs: incident.openedMs + pace.groupWaitMs };
    return [...silence(moment, pace), first];
  }
  return [...silence(moment, pace), ...whileOpen(state, incident, pace)];
}

function silence({ heardMs, watchingSinceMs }: Moment, pace: Pace): Candidate[] {
  if (heardMs === null) return [];
  const dueMs = Math.max(heardMs, watchingSinceMs) + pace.silentAfterMs;
  return [{ kind: 'gateway-silent', dueMs }];
}

function whileSilent(incident: OpenIncident, moment: Moment, pace: Pace): Candidate[] {
  const sinceMs = incident.silentSinceMs ?? 0;
  const { heardMs, nowMs } = moment;
  if (heardMs !== null && heardMs > sinceMs) return [{ kind: 'gateway-back', dueMs: nowMs }];
  const isGone = nowMs - sinceMs > LONGEST_SILENCE_MS;
  return isGone ? [] : reminder(incident, pace);
}

function whileOpen(state: SiteState, incident: OpenIncident, pace: Pace): Candidate[] {
  const lastMailMs = incident.lastMailMs ?? incident.openedMs;
  const quietMs = (incident.lastArrivalMs ?? incident.openedMs) + pace.clearAfterMs;
  const allClear: Candidate = {
    kind: 'all-clear',
    dueMs: Math.max(quietMs, lastMailMs + pace.updateMs),
  };
  return [allClear, ...reminder(incident, pace), ...update(state, incident, pace)];
}

function reminder({ acknowledgedMs, lastMailMs, openedMs }: OpenIncident, pace: Pace): Candidate[] {
  if (acknowledgedMs !== null) return [];
  return [{ kind: 'reminder', dueMs: (lastMailMs ?? openedMs) + pace.reminderMs }];
}

function update(state: SiteState, incident: OpenIncident, pace: Pace): Candidate[] {
  if (incident.acknowledgedMs !== null || state.news.count === state.news.late) return [];
  const doublings = namesNewMeter(state.news, incident.told) ? 0 : incident.repeats;
  const waitMs = Math.min(pace.updateMs * 2 ** doublings, pace.reminderMs);
  return [{ kind: 'update', dueMs: (incident.lastMailMs ?? incident.openedMs) + waitMs }];
}

function digest({ lateSinceMs, lateUntilMs }: SiteState, { updateMs }: Pace): Candidate[] {
  if (lateSinceMs === null || lateUntilMs === null) return [];
  const longestMs = lateSinceMs + LONGEST_DIGEST_WAIT * updateMs;
  return [{ kind: 'late-digest', dueMs: Math.min(lateUntilMs + updateMs, longestMs) }];
}

function makeOut(
  kind: MailKind,
  state: SiteState,
  moment: Moment,
  pace: Pace,
): { readonly state: SiteState; readonly draft: Draft } {
  const { nowMs } = moment;
  const isDigest = kind === 'late-digest';
  const incident = state.incident ?? openIncident(isDigest ? (state.lateSinceMs ?? nowMs) : nowMs);
  const { news } = state;
  const total = addTallies({ ...incident.told, listed: [] }, news);
  const isLast = isDigest || kind === 'all-clear' || endsSilence(kind, incident, nowMs, pace);
  const draft: Draft = {
    kind,
    openedMs: incident.openedMs,
    writtenMs: nowMs,
    number: incident.mails + 1,
    news,
    total,
    newMeters: metersNamedAnew(news, incident.told),
    silence: silenceOf(kind, incident, moment),
    acknowledgedMs: incident.acknowledgedMs,
    isLast,
  };
  if (isLast) return { state: QUIET_SITE, draft };
  return { state: { ...QUIET_SITE, incident: afterMail(incident, draft, moment) }, draft };
}

function afterMail(incident: OpenIncident, draft: Draft, { nowMs, heardMs }: Moment): OpenIncident {
  const { kind, number, total, news } = draft;
  const isRepeat = kind === 'update' && !namesNewMeter(news, incident.told);
  return {
    ...incident,
    mails: number,
    lastMailMs: nowMs,
    repeats: isRepeat ? incident.repeats + 1 : incident.repeats,
    silentSinceMs: silentSinceAfter(kind, incident, heardMs),
    told: total,
  };
}

function silentSinceAfter(
  kind: MailKind,
  { silentSinceMs }: OpenIncident,
  heardMs: number | null,
): number | null {
  if (kind === 'gateway-silent') return heardMs;
  return kind === 'gateway-back' ? null : silentSinceMs;
}

/** A gateway that is back ends the incident, unless its meters still have anomalies. */
function endsSilence(
  kind: MailKind,
  { lastArrivalMs }: OpenIncident,
  nowMs: number,
  { clearAfterMs }: Pace,
): boolean {
  if (kind !== 'gateway-back') return false;
  return lastArrivalMs === null || lastArrivalMs + clearAfterMs <= nowMs;
}

function silenceOf(
  kind: MailKind,
  { silentSinceMs }: OpenIncident,
  { heardMs }: Moment,
): Silence | null {
  if (kind === 'gateway-silent')
    return heardMs === null ? null : { sinceMs: heardMs, endedMs: null };
  if (silentSinceMs === null) return null;
  return { sinceMs: silentSinceMs, endedMs: kind === 'gateway-back' ? heardMs : null };
}

function metersNamedAnew(news: Tally, told: Tally): string[] {
  const known = new Set(told.meters.map(({ meterId }) => meterId));
  return news.meters.map(({ meterId }) => meterId).filter((meterId) => !known.has(meterId));
}

/** Whether an anomaly that is not late is of a meter that no mail of the incident has named. */
function namesNewMeter(news: Tally, told: Tally): boolean {
  const known = new Set(told.meters.map(({ meterId }) => meterId));
  return news.meters.some(
    ({ meterId, spikes, dips, late }) => spikes + dips > late && !known.has(meterId),
  );
}

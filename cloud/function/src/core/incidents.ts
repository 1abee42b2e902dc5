/**
 * Which anomalies are one incident, and what is to be done for a meter now.
 *
 * An anomaly joins an incident when its event time is within five minutes of the incident's start.
 *
 * Invariants:
 * - the incidents of anomalies that wait together do not depend on the order they arrived in;
 * - an incident that has been claimed keeps its start: what arrives later joins it or begins another;
 * - an anomaly of an incident that was mailed never leads to a mail;
 * - an incident is due `groupWaitMs` after the first of its anomalies arrived, not before.
 */
import type { Anomaly } from './anomaly.ts';

/** How far from its incident's start an anomaly may lie, milliseconds. */
export const INCIDENT_SPAN_MS = 300_000;

/** An anomaly that no mail has told of yet. */
export interface PendingAnomaly {
  /** Its row in the table of pending anomalies. */
  readonly key: string;
  /** When it was first taken in, epoch milliseconds. */
  readonly arrivedMs: number;
  readonly anomaly: Anomaly;
}

/** An incident on record: its mail has been sent, or somebody has set about sending it. */
export interface KnownIncident {
  readonly startMs: number;
  readonly mailed: boolean;
  /** Until then whoever claimed it may be sending, epoch milliseconds. */
  readonly notBeforeMs: number;
}

/** Anomalies that belong together; `members` is never empty and is in order of event time. */
export interface Incident {
  readonly startMs: number;
  readonly members: readonly PendingAnomaly[];
}

/** A claimed incident whose mail was not recorded as sent. */
export interface Resumption<K extends KnownIncident> {
  readonly known: K;
  readonly members: readonly PendingAnomaly[];
}

/** What to do for one meter. */
export interface MeterPlan<K extends KnownIncident> {
  /** Their incident has been mailed: forget them. */
  readonly told: readonly PendingAnomaly[];
  /** Whoever claimed these is overdue: claim them anew and send. */
  readonly resume: readonly Resumption<K>[];
  /** Due: claim and send. */
  readonly begin: readonly Incident[];
}

/** Decides what to do at `nowMs` for the pending anomalies of one meter. */
export function planMeter<K extends KnownIncident>(
  pending: readonly PendingAnomaly[],
  known: readonly K[],
  now: { readonly nowMs: number; readonly groupWaitMs: number },
): MeterPlan<K> {
  const joined = new Map<K, PendingAnomaly[]>();
  const free: PendingAnomaly[] = [];
  for (const candidate of inOrderOfTime(pending)) {
    const incident = incidentOf(candidate.anomaly.atMs, known);
    if (incident === undefined) free.push(candidate);
    else addTo(joined, incident, candidate);
  }
  const claims = [...joined].map(([incident, members]) => ({ known: incident, members }));
  return {
    told: claims.filter((claim) => claim.known.mailed).flatMap(({ members }) => members),
    resume: claims.filter((claim) => !claim.known.mailed && claim.known.notBeforeMs <= now.nowMs),
    begin: groupIntoIncidents(free).filter(
      ({ members }) => firstArrivalMs(members) + now.groupWaitMs <= now.nowMs,
    ),
  };
}

/** Splits anomalies into incidents: each begins with the earliest that no earlier incident holds. */
export function groupIntoIncidents(pending: readonly PendingAnomaly[]): Incident[] {
  const incidents: { startMs: number; members: PendingAnomaly[] }[] = [];
  for (const candidate of inOrderOfTime(pending)) {
    const { atMs } = candidate.anomaly;
    const last = incidents.at(-1);
    if (last !== undefined && atMs - last.startMs <= INCIDENT_SPAN_MS) last.members.push(candidate);
    else incidents.push({ startMs: atMs, members: [candidate] });
  }
  return incidents;
}

/** Milliseconds to wait after so many failed attempts: 2 s, doubling, at most two minutes. */
export function retryDelayMs(failedAttempts: number): number {
  return Math.min(2_000 * 2 ** Math.max(0, failedAttempts - 1), 120_000);
}

function incidentOf<K extends KnownIncident>(atMs: number, known: readonly K[]): K | undefined {
  const within = known.filter(({ startMs }) => Math.abs(atMs - startMs) <= INCIDENT_SPAN_MS);
  return within.find(({ startMs }) => startMs <= atMs) ?? within[0];
}

function inOrderOfTime(pending: readonly PendingAnomaly[]): PendingAnomaly[] {
  return pending.toSorted(
    (a, b) => a.anomaly.atMs - b.anomaly.atMs || (a.key < b.key ? -1 : Number(a.key > b.key)),
  );
}

function firstArrivalMs(members: readonly PendingAnomaly[]): number {
  return members.reduce((earliest, { arrivedMs }) => Math.min(earliest, arrivedMs), Infinity);
}

function addTo<K>(groups: Map<K, PendingAnomaly[]>, key: K, member: PendingAnomaly): void {
  const group = groups.get(key);
  if (group === undefined) groups.set(key, [member]);
  else group.push(member);
}

/**
 * What is known of a site: its incident, if it has one, and the anomalies that no mail has told of.
 *
 * An incident begins with an anomaly that is not late, or with a gateway that falls silent. Late
 * anomalies neither begin nor prolong one: they ride along with its next mail.
 *
 * Invariants:
 * - an anomaly that was taken in is in `news` until a mail tells of it, and then in no other mail;
 * - the state does not grow with the number of anomalies.
 */
import type { Anomaly } from './anomaly.ts';
import type { Pace } from './pace.ts';
import { addAnomalies, EMPTY_TALLY, type Tally } from './tally.ts';

/** An anomaly as it came in. */
export interface Arrival {
  readonly anomaly: Anomaly;
  /** When it was first taken in, epoch milliseconds. */
  readonly arrivedMs: number;
  /** 48 bits made from meter and event time. */
  readonly fingerprint: number;
}

/** Instants are epoch milliseconds. */
export interface OpenIncident {
  /** When its first anomaly arrived, or its gateway was found silent. */
  readonly openedMs: number;
  /** Mails that were made out. */
  readonly mails: number;
  /** When the last of them was made out, or taken if that was later; null before the first. */
  readonly lastMailMs: number | null;
  /** Updates in a row that named no meter anew. */
  readonly repeats: number;
  /** When the last anomaly that was not late arrived; null when silence alone is the matter. */
  readonly lastArrivalMs: number | null;
  /** Last message of a gateway before it fell silent; null while it is heard of. */
  readonly silentSinceMs: number | null;
  readonly acknowledgedMs: number | null;
  /** What its mails have told. */
  readonly told: Tally;
}

export interface SiteState {
  readonly incident: OpenIncident | null;
  /** What no mail has told of. */
  readonly news: Tally;
  /** When the first and the last late anomaly in `news` arrived; null when there is none. */
  readonly lateSinceMs: number | null;
  readonly lateUntilMs: number | null;
}

export const QUIET_SITE: SiteState = {
  incident: null,
  news: EMPTY_TALLY,
  lateSinceMs: null,
  lateUntilMs: null,
};

/** An incident that begins at `openedMs`. */
export function openIncident(openedMs: number): OpenIncident {
  return {
    openedMs,
    mails: 0,
    lastMailMs: null,
    repeats: 0,
    lastArrivalMs: null,
    silentSinceMs: null,
    acknowledgedMs: null,
    told: EMPTY_TALLY,
  };
}

/** The site after some anomalies have come. */
export function takeIn(
  state: SiteState,
  arrivals: readonly Arrival[],
  { lateAfterMs }: Pick<Pace, 'lateAfterMs'>,
): SiteState {
  const isLate = ({ anomaly, arrivedMs }: Arrival): boolean =>
    arrivedMs - anomaly.atMs > lateAfterMs;
  const counted = arrivals.map((arrival) => ({
    anomaly: { ...arrival.anomaly, isLate: isLate(arrival) },
    fingerprint: arrival.fingerprint,
  }));
  const late = rangeOf(arrivals.filter(isLate));
  const current = rangeOf(arrivals.filter((arrival) => !isLate(arrival)));
  return {
    incident: current === null ? state.incident : prolong(state.incident, current),
    news: addAnomalies(state.news, counted),
    lateSinceMs: late === null ? state.lateSinceMs : min(state.lateSinceMs, late.firstMs),
    lateUntilMs: late === null ? state.lateUntilMs : max(state.lateUntilMs, late.lastMs),
  };
}

/** The site after the incident's mail was taken at `takenMs`: the next one waits from then on. */
export function mailTaken(state: SiteState, openedMs: number, takenMs: number): SiteState {
  const { incident } = state;
  if (incident === null || incident.openedMs !== openedMs) return state;
  return { ...state, incident: { ...incident, lastMailMs: max(incident.lastMailMs, takenMs) } };
}

interface Range {
  readonly firstMs: number;
  readonly lastMs: number;
}

function rangeOf(arrivals: readonly Arrival[]): Range | null {
  return arrivals.reduce<Range | null>(
    (range, { arrivedMs }) => ({
      firstMs: min(range?.firstMs ?? null, arrivedMs),
      lastMs: max(range?.lastMs ?? null, arrivedMs),
    }),
    null,
  );
}

function prolong(incident: OpenIncident | null, { firstMs, lastMs }: Range): OpenIncident {
  const open = incident ?? openIncident(firstMs);
  return {
    ...open,
    // Its mails name an incident by its start: once there is one, the start stays.
    openedMs: open.mails === 0 ? Math.min(open.openedMs, firstMs) : open.openedMs,
    lastArrivalMs: max(open.lastArrivalMs, lastMs),
  };
}

function min(one: number | null, other: number): number {
  return one === null ? other : Math.min(one, other);
}

function max(one: number | null, other: number): number {
  return one === null ? other : Math.max(one, other);
}

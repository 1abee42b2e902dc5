/** Which mails would be sent for events of known instants: the real decisions, with a clock moved by hand. */
import { nextStep, type Draft } from './next-mail.ts';
import type { Pace } from './pace.ts';
import { mailTaken, QUIET_SITE, takeIn, type Arrival, type SiteState } from './site-state.ts';

/** Something that arrives at one site. */
export type SiteEvent =
  | { readonly kind: 'anomaly'; readonly arrival: Arrival }
  | { readonly kind: 'heard'; readonly arrivedMs: number };

/** A mail that would be made out at `draft.writtenMs`. */
export interface ForeseenMail {
  readonly siteId: string;
  readonly draft: Draft;
}

/** How the clock is moved. Instants are epoch milliseconds. */
export interface Foresight {
  readonly pace: Pace;
  /** The clock stops here, even if more mails would follow. */
  readonly untilMs: number;
}

/** The mails of one site, in order of time, as if each were taken at once. */
export function foreseeMails(
  siteId: string,
  events: readonly SiteEvent[],
  { pace, untilMs }: Foresight,
): ForeseenMail[] {
  const inOrder = events.toSorted((a, b) => arrivedMs(a) - arrivedMs(b));
  const startMs = inOrder[0] === undefined ? untilMs : arrivedMs(inOrder[0]);
  const mails: ForeseenMail[] = [];
  let state: SiteState = QUIET_SITE;
  let heardMs: number | null = null;
  let at = 0;
  for (let nowMs = startMs; nowMs <= untilMs;) {
    const arriving = takeArrived(inOrder, at, nowMs);
    at += arriving.length;
    heardMs = arriving.reduce<number | null>(
      (heard, event) => (event.kind === 'heard' ? event.arrivedMs : heard),
      heardMs,
    );
    state = takeIn(state, arriving.flatMap(arrivalsOf), pace);
    const step = nextStep(state, { nowMs, heardMs, watchingSinceMs: startMs }, pace);
    state = step.state;
    if (step.draft === null) {
      const next = inOrder[at];
      nowMs = Math.min(next === undefined ? Infinity : arrivedMs(next), step.dueMs ?? Infinity);
    } else {
      mails.push({ siteId, draft: step.draft });
      state = mailTaken(state, step.draft.openedMs, nowMs);
    }
  }
  return mails;
}

/** The events from `at` on that have arrived by `nowMs`. */
function takeArrived(inOrder: readonly SiteEvent[], at: number, nowMs: number): SiteEvent[] {
  const arrived: SiteEvent[] = [];
  for (let next = inOrder[at]; next !== undefined; next = inOrder[at + arrived.length]) {
    if (arrivedMs(next) > nowMs) break;
    arrived.push(next);
  }
  return arrived;
}

function arrivedMs(event: SiteEvent): number {
  return event.kind === 'heard' ? event.arrivedMs : event.arrival.arrivedMs;
}

function arrivalsOf(event: SiteEvent): Arrival[] {
  return event.kind === 'anomaly' ? [event.arrival] : [];
}

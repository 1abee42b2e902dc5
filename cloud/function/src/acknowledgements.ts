/** What the acknowledge link needs of the incidents on record. */
import type { SiteName } from './core/mail.ts';
import type { Tally } from './core/tally.ts';

/** An incident as the acknowledge page shows it. */
export interface IncidentView {
  readonly site: SiteName;
  /** Its name, as in every mail of it. */
  readonly incident: string;
  /** Epoch milliseconds. */
  readonly openedMs: number;
  /** When it ended; null while it lasts. */
  readonly closedMs: number | null;
  readonly acknowledged: Acknowledgement | null;
  /** What it is about; lists nothing one by one. */
  readonly total: Tally;
  /** Since when the gateway is silent; null while it is heard of. */
  readonly silentSinceMs: number | null;
}

export interface Acknowledgement {
  /** Epoch milliseconds. */
  readonly atMs: number;
}

/**
 * `acknowledged`: no updates and no reminders any more; `already`: somebody did it before; `over`:
 * the incident has ended; `unknown`: there is none of this name.
 */
export type AcknowledgeOutcome = 'acknowledged' | 'already' | 'over' | 'unknown';

export interface Acknowledgements {
  /** An incident by site id and name; undefined when there is none, or no longer. */
  show(siteId: string, incident: string): Promise<IncidentView | undefined>;
  /** Acknowledges an incident; durable when this resolves. */
  acknowledge(siteId: string, incident: string): Promise<AcknowledgeOutcome>;
}

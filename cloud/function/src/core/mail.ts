/** A mail before it is rendered: what it tells, to whom, and its place in the incident's thread. */
import type { Tally } from './tally.ts';

/**
 * - `first`: anomalies have begun at a site;
 * - `update`: what came since the mail before;
 * - `reminder`: the incident still lasts;
 * - `all-clear`: it is over;
 * - `gateway-silent`, `gateway-back`: a gateway sends nothing any more, and again;
 * - `late-digest`: anomalies of the past, from a backlog; its own thread of one mail.
 */
export type MailKind =
  'first' | 'update' | 'reminder' | 'all-clear' | 'gateway-silent' | 'gateway-back' | 'late-digest';

/** A gateway, or the meters that have none. */
export interface SiteName {
  /** The gateway's device id, or `direct`. */
  readonly id: string;
  /** What people call it; the id when the settings name none. */
  readonly name: string;
}

/** What a mail tells. Instants are epoch milliseconds. */
export interface MailModel {
  readonly kind: MailKind;
  readonly site: SiteName;
  /** Key of the incident, as in `Mail`. */
  readonly incident: string;
  /** When the first anomaly of the incident arrived, or the gateway was found silent. */
  readonly openedMs: number;
  /** When this mail was made out. */
  readonly writtenMs: number;
  /** 1 for the incident's first mail. */
  readonly number: number;
  /** What no mail has told before; late ones among them are marked. */
  readonly news: Tally;
  /** The whole incident so far, `news` included; it lists nothing one by one. */
  readonly total: Tally;
  /** Meters in `news` that no mail of this incident named before, in order of id. */
  readonly newMeters: readonly string[];
  /** Of a gateway that is or was silent; null for other mails. */
  readonly silence: Silence | null;
}

export interface Silence {
  /** When its last message before the silence came. */
  readonly sinceMs: number;
  /** When it was heard of again; null while it is silent. */
  readonly endedMs: number | null;
}

/** A mail on its way. The same mail is the same value in every attempt to send it. */
export interface Mail {
  readonly kind: MailKind;
  readonly site: SiteName;
  /** Name of the incident: `<site, percent-encoded>/<when it was opened, ISO 8601>`. */
  readonly incident: string;
  /** RFC 5322 Message-ID with its angle brackets; the same in every attempt. */
  readonly messageId: string;
  /** Message-ID of the thread's mail before; null for the first of a thread. */
  readonly inReplyTo: string | null;
  /** Message-IDs for the header References: the thread's first mail and the one before. */
  readonly references: readonly string[];
  /** Addresses. */
  readonly recipients: readonly string[];
  /** Further headers, whatever the transport: names and printable ASCII values. */
  readonly headers: Readonly<Record<string, string>>;
  readonly model: MailModel;
}

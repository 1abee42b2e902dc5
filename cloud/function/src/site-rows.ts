/**
 * Rows of the table `sites`: one partition per site, so that one transaction can change several.
 *
 * | row key         | row                                                                     |
 * | --------------- | ----------------------------------------------------------------------- |
 * | `head`          | the state; whoever changes anything replaces it by its ETag             |
 * | `a~<anomaly>`   | an anomaly that was taken in: it is not taken in again                   |
 * | `i~<opened>`    | an incident on record                                                   |
 * | `mail`          | the one mail that is on its way; empty when it has gone                 |
 * | `p~<anomaly>`   | anomalies that came together and that the state does not count yet      |
 * | `q~<opened>`    | an incident that has changed since it was saved in Azure SQL            |
 * | `s~<written>…`  | a mail that was sent, or given up                                       |
 */
import type { TransactionAction } from '@azure/data-tables';
import type { IncidentView } from './acknowledgements.ts';
import type { Draft } from './core/next-mail.ts';
import type { SiteState } from './core/site-state.ts';
import { toColumns } from './json-columns.ts';
import { sha256, siteKey } from './table-keys.ts';

export const HEAD = 'head';
export const MAIL = 'mail';
/** Prefixes of row keys, with what sorts after all keys that begin so. */
export const ANOMALIES = { from: 'a~', to: 'a~~' } as const;
export const PENDING = { from: 'p~', to: 'p~~' } as const;
export const RECORDS = { from: 'i~', to: 'i~~' } as const;
export const UNSAVED = { from: 'q~', to: 'q~~' } as const;
export const SENT = { from: 's~', to: 's~~' } as const;

/** An incident on record; the settings name its site. */
export interface SiteRecord extends Omit<IncidentView, 'site'> {
  /** Mails that were made out. */
  readonly mails: number;
  /** When this was written, epoch milliseconds. */
  readonly updatedMs: number;
}

/** What became of a mail. */
export type Outcome = 'sent' | 'given-up';

/** Creates or replaces the state; conflicts when it is not the one with `etag`. */
export function headAction(
  siteId: string,
  state: SiteState,
  etag: string | null,
): TransactionAction {
  const head = { partitionKey: siteKey(siteId), rowKey: HEAD, site: siteId, ...toColumns(state) };
  return etag === null ? ['create', head] : ['update', head, 'Replace', { etag }];
}

/** Puts a mail on its way; conflicts while there is another. */
export function mailAction(siteId: string, draft: Draft, etag: string | null): TransactionAction {
  const row = {
    partitionKey: siteKey(siteId),
    rowKey: MAIL,
    notBefore: instant(draft.writtenMs),
    attempts: 0,
    ...toColumns(draft),
  };
  return etag === null ? ['create', row] : ['update', row, 'Replace', { etag }];
}

/** Leaves the place of the mail free; conflicts when another has claimed the mail. */
export function mailDoneAction(siteId: string, etag: string, atMs: number): TransactionAction {
  const row = {
    partitionKey: siteKey(siteId),
    rowKey: MAIL,
    notBefore: instant(atMs),
    attempts: 0,
  };
  return ['update', row, 'Replace', { etag }];
}

/** Keeps an incident on record, as it is now. */
export function recordAction(siteId: string, record: SiteRecord): TransactionAction {
  return [
    'upsert',
    {
      partitionKey: siteKey(siteId),
      rowKey: recordKey(record.openedMs),
      arrivedAt: instant(record.updatedMs),
      ...toColumns(record),
    },
    'Replace',
  ];
}

/** Marks an incident as changed since it was saved in Azure SQL. */
export function unsavedAction(siteId: string, { openedMs }: SiteRecord): TransactionAction {
  const rowKey = `${UNSAVED.from}${instant(openedMs)}`;
  return ['upsert', { partitionKey: siteKey(siteId), rowKey }, 'Replace'];
}

/** Keeps what became of a mail. */
export function sentAction(
  siteId: string,
  { kind, openedMs, writtenMs, number }: Draft,
  end: { readonly outcome: Outcome; readonly attempts: number; readonly atMs: number },
): TransactionAction {
  return [
    'upsert',
    {
      partitionKey: siteKey(siteId),
      rowKey: `${SENT.from}${instant(writtenMs)}~${number}~${kind}`,
      kind,
      messageId: messageIdOf(siteId, { kind, openedMs, number }),
      outcome: end.outcome,
      attempts: end.attempts,
      arrivedAt: instant(end.atMs),
    },
    'Replace',
  ];
}

/** Row key of an incident. */
export function recordKey(openedMs: number): string {
  return `${RECORDS.from}${instant(openedMs)}`;
}

/** `gateway/2026-11-22T18:05:33.120Z`: the site's id, percent-encoded, and when it was opened. */
export function incidentName(siteId: string, openedMs: number): string {
  return `${encodeURIComponent(siteId.replace(/\p{Surrogate}/gu, '\ufffd'))}/${instant(openedMs)}`;
}

/** RFC 5322 Message-ID, the same for the same mail on every machine and in every attempt. */
export function messageIdOf(
  siteId: string,
  { kind, openedMs, number }: Pick<Draft, 'kind' | 'openedMs' | 'number'>,
): string {
  // A digest is no mail of the incident that may have been opened in the same millisecond.
  const thread = kind === 'late-digest' ? kind : 'incident';
  const name = JSON.stringify([siteId, openedMs, number, thread]);
  return `<${sha256(name).slice(0, 40)}@incidents.iot-end-to-end>`;
}

export function instant(atMs: number): string {
  return new Date(atMs).toISOString();
}

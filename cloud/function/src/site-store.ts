/**
 * The sites on record: table `sites`.
 *
 * Invariants:
 * - an anomaly leaves `p~` in the transaction that counts it in the state;
 * - counted anomalies leave the state in the transaction that makes out the mail that tells of them;
 * - of two instances that change a site at once, one wins and the other changes nothing.
 */
import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import type { AcknowledgeOutcome } from './acknowledgements.ts';
import type { Draft } from './core/next-mail.ts';
import { QUIET_SITE, type SiteState } from './core/site-state.ts';
import { addTallies } from './core/tally.ts';
import type { PendingArrivals } from './arrival-store.ts';
import { fromColumns } from './json-columns.ts';
import {
  HEAD,
  headAction,
  instant,
  MAIL,
  mailAction,
  mailDoneAction,
  recordAction,
  recordKey,
  sentAction,
  type Outcome,
  type SiteRecord,
  UNSAVED,
  unsavedAction,
} from './site-rows.ts';
import { openRecord, recordOf } from './site-record.ts';
import { StoredDraft, StoredRecord, StoredState } from './stored-site.ts';
import { siteKey } from './table-keys.ts';
import { getRow, isConflict, tryTransaction } from './tables.ts';

/** Rows of anomalies that are counted in the transaction that replaces the head. */
export const COUNTED_TOGETHER = 99;

/** A site's state, and the version of it. */
export interface StoredSite {
  readonly id: string;
  readonly state: SiteState;
  /** Null while the site has none. */
  readonly etag: string | null;
}

/** Where a site's mail is put on its way; `mail` is null while there is none. */
export interface MailPlace {
  /** Null while the place was never used. */
  readonly etag: string | null;
  readonly mail: OpenMail | null;
}

/** The mail that is on its way. */
export interface OpenMail {
  readonly draft: Draft;
  /** Until then whoever has claimed it may be sending, or it waits, epoch milliseconds. */
  readonly notBeforeMs: number;
  /** Attempts that failed. */
  readonly attempts: number;
  readonly etag: string;
}

/** An incident that has changed since it was saved in Azure SQL. */
export interface UnsavedMark {
  readonly openedMs: number;
  readonly etag: string;
}

const UnsavedRow = z.looseObject({ rowKey: z.string(), etag: z.string() });

const MailRow = z.looseObject({
  etag: z.string(),
  notBefore: z.iso.datetime(),
  attempts: z.number(),
});

export class SiteStore {
  readonly #table: TableClient;
  readonly #marksUnsaved: boolean;

  /** @param marksUnsaved whether incidents are also kept in Azure SQL */
  constructor(table: TableClient, marksUnsaved: boolean) {
    this.#table = table;
    this.#marksUnsaved = marksUnsaved;
  }

  /** The state of a site. */
  async load(id: string): Promise<StoredSite> {
    const row = await getRow(this.#table, siteKey(id), HEAD);
    if (row === undefined) return { id, state: QUIET_SITE, etag: null };
    return { id, state: StoredState.parse(fromColumns(row)), etag: row.etag };
  }

  /** Counts anomalies: replaces the state and removes them; undefined when outdated. */
  count(
    site: StoredSite,
    state: SiteState,
    counted: readonly PendingArrivals[],
  ): Promise<StoredSite | undefined> {
    const partitionKey = siteKey(site.id);
    const remove = counted.map(({ rowKey }): TransactionAction => [
      'delete',
      { partitionKey, rowKey },
    ]);
    return this.#change(site, state, remove);
  }

  /** The place of the mail on its way: a site has one at a time. */
  async mailPlace(siteId: string): Promise<MailPlace> {
    const row = await getRow(this.#table, siteKey(siteId), MAIL);
    if (row === undefined) return { etag: null, mail: null };
    const { etag, notBefore, attempts } = MailRow.parse(row);
    const content = fromColumns(row);
    if (content === undefined) return { etag, mail: null };
    const draft = StoredDraft.parse(content);
    return { etag, mail: { draft, notBeforeMs: Date.parse(notBefore), attempts, etag } };
  }

  /**
   * Makes out a mail and puts it on its way, for whoever claims it; undefined when outdated.
   *
   * The mail is given as it was written, not as it is now: who claims it by this version cannot take
   * it from another instance that was quicker.
   */
  async makeOut(
    site: StoredSite,
    { state, draft }: { readonly state: SiteState; readonly draft: Draft },
    place: MailPlace,
  ): Promise<{ readonly site: StoredSite; readonly mail: OpenMail } | undefined> {
    const actions = [mailAction(site.id, draft, place.etag)];
    if (draft.kind !== 'late-digest') {
      actions.push(...this.#recordActions(site.id, recordOf(site.id, state, draft)));
    }
    const etags = await this.#transact(site, state, actions);
    if (etags === undefined) return undefined;
    const [head = '', mail = ''] = etags;
    return {
      site: { id: site.id, state, etag: head },
      mail: { draft, notBeforeMs: draft.writtenMs, attempts: 0, etag: mail },
    };
  }

  /** Claims a mail, or puts it off, until `notBeforeMs`; undefined when another has changed it. */
  async claim(
    siteId: string,
    mail: OpenMail,
    { notBeforeMs, attempts }: Pick<OpenMail, 'notBeforeMs' | 'attempts'>,
  ): Promise<OpenMail | undefined> {
    const key = { partitionKey: siteKey(siteId), rowKey: MAIL };
    const fields = { notBefore: instant(notBeforeMs), attempts };
    try {
      const { etag = '' } = await this.#table.updateEntity({ ...key, ...fields }, 'Merge', {
        etag: mail.etag,
      });
      return { ...mail, notBeforeMs, attempts, etag };
    } catch (error) {
      if (isConflict(error)) return undefined;
      throw error;
    }
  }

  /** Records what became of a mail; undefined when state or mail were changed by another. */
  finish(
    site: StoredSite,
    state: SiteState,
    mail: OpenMail,
    end: { readonly outcome: Outcome; readonly atMs: number },
  ): Promise<StoredSite | undefined> {
    return this.#change(site, state, [
      mailDoneAction(site.id, mail.etag, end.atMs),
      sentAction(site.id, mail.draft, { ...end, attempts: mail.attempts + 1 }),
    ]);
  }

  /** An incident on record. */
  async recorded(siteId: string, openedMs: number): Promise<SiteRecord | undefined> {
    const row = await getRow(this.#table, siteKey(siteId), recordKey(openedMs));
    return row === undefined ? undefined : StoredRecord.parse(fromColumns(row));
  }

  /** Acknowledges the incident opened at `openedMs`. */
  async acknowledge(siteId: string, openedMs: number, atMs: number): Promise<AcknowledgeOutcome> {
    for (;;) {
      const site = await this.load(siteId);
      const { incident } = site.state;
      if (incident === null || incident.openedMs !== openedMs) {
        const known = await this.recorded(siteId, openedMs);
        return known === undefined ? 'unknown' : 'over';
      }
      if (incident.acknowledgedMs !== null) return 'already';
      const state = { ...site.state, incident: { ...incident, acknowledgedMs: atMs } };
      const total = addTallies(incident.told, site.state.news);
      const record = openRecord(siteId, state.incident, { total, updatedMs: atMs });
      const changed = await this.#change(site, state, this.#recordActions(siteId, record));
      if (changed !== undefined) return 'acknowledged';
    }
  }

  /** Incidents that have changed since they were saved in Azure SQL. */
  async unsaved(siteId: string): Promise<UnsavedMark[]> {
    const { from, to } = UNSAVED;
    const filter = odata`PartitionKey eq ${siteKey(siteId)} and RowKey ge ${from} and RowKey lt ${to}`;
    const marks: UnsavedMark[] = [];
    for await (const row of this.#table.listEntities({ queryOptions: { filter } })) {
      const { rowKey, etag } = UnsavedRow.parse(row);
      marks.push({ openedMs: Date.parse(rowKey.slice(from.length)), etag });
    }
    return marks;
  }

  /** Takes a mark away, unless the incident has changed again. */
  async saved(siteId: string, { openedMs, etag }: UnsavedMark): Promise<void> {
    try {
      const rowKey = `${UNSAVED.from}${instant(openedMs)}`;
      await this.#table.deleteEntity(siteKey(siteId), rowKey, { etag });
    } catch (error) {
      if (!isConflict(error)) throw error;
    }
  }

  #recordActions(siteId: string, record: SiteRecord): TransactionAction[] {
    const keep = recordAction(siteId, record);
    return this.#marksUnsaved ? [keep, unsavedAction(siteId, record)] : [keep];
  }

  async #change(
    site: StoredSite,
    state: SiteState,
    actions: readonly TransactionAction[],
  ): Promise<StoredSite | undefined> {
    const etags = await this.#transact(site, state, actions);
    return etags === undefined ? undefined : { id: site.id, state, etag: etags[0] ?? '' };
  }

  /** Replaces the head together with `actions`; resolves with the new versions of all rows. */
  async #transact(
    site: StoredSite,
    state: SiteState,
    actions: readonly TransactionAction[],
  ): Promise<string[] | undefined> {
    const head = headAction(site.id, state, site.etag);
    const response = await tryTransaction(this.#table, [head, ...actions]);
    return response?.subResponses.map(({ etag }) => etag ?? '');
  }
}

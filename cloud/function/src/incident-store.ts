/**
 * The incidents on record: table `incidents`, one partition per meter.
 *
 * A row is `claimed` by the instance that sends its mail and becomes `mailed` when the server has
 * taken it. A claim ends by itself (`notBefore`), so that a crash delays a mail and does not lose it.
 *
 * Invariants:
 * - of two instances that claim at once, one wins;
 * - a meter's incidents change only in the sight of those before: each claim also replaces the
 *   meter's head row by its ETag, so that nobody claims from an outdated view;
 * - an incident's Message-ID never changes.
 */
import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import { INCIDENT_SPAN_MS, type KnownIncident } from './core/incidents.ts';
import { meterKey, sha256 } from './table-keys.ts';
import { isConflict, openTable, tryTransaction } from './tables.ts';

/** Sorts after every instant. */
const HEAD = 'head';

const IncidentRow = z.object({
  rowKey: z.string(),
  etag: z.string(),
  state: z.enum(['claimed', 'mailed']),
  notBefore: z.iso.datetime(),
  failedAttempts: z.number(),
  messageId: z.string(),
});

/** An incident with what is needed to change its row. */
export interface StoredIncident extends KnownIncident {
  readonly meterId: string;
  readonly messageId: string;
  readonly failedAttempts: number;
  readonly etag: string;
}

/** A meter's incidents around some instants, and the version of all of them. */
export interface MeterView {
  readonly meterId: string;
  readonly incidents: readonly StoredIncident[];
  /** ETag of the head row; null while the meter has had no incident. */
  readonly headEtag: string | null;
}

/** Incidents that are the caller's to mail, in the order asked for. */
export interface Claim {
  readonly headEtag: string;
  readonly incidents: readonly StoredIncident[];
}

export class IncidentStore {
  readonly #table: TableClient;

  constructor(table: TableClient) {
    this.#table = table;
  }

  /** The incidents that anomalies between `fromMs` and `toMs` can belong to. */
  async view(meterId: string, fromMs: number, toMs: number): Promise<MeterView> {
    // The head first: a claim made after this is then seen as a conflict, not missed.
    const headEtag = await this.#headEtag(meterId);
    const from = instant(fromMs - INCIDENT_SPAN_MS);
    const to = instant(toMs + INCIDENT_SPAN_MS);
    const filter = odata`PartitionKey eq ${meterKey(meterId)} and RowKey ge ${from} and RowKey le ${to}`;
    const incidents: StoredIncident[] = [];
    if (headEtag !== null) {
      const rows = this.#table.listEntities({ queryOptions: { filter } });
      for await (const row of rows) incidents.push(readRow(meterId, row));
    }
    return { meterId, incidents, headEtag };
  }

  /**
   * Claims new incidents until `notBeforeMs`, all or none, at most 99; undefined when the view was
   * outdated.
   */
  async claim(
    view: Pick<MeterView, 'meterId' | 'headEtag'>,
    startsMs: readonly number[],
    notBeforeMs: number,
  ): Promise<Claim | undefined> {
    const { meterId, headEtag } = view;
    const partitionKey = meterKey(meterId);
    const head = { partitionKey, rowKey: HEAD };
    const actions: TransactionAction[] = [
      headEtag === null ? ['create', head] : ['update', head, 'Replace', { etag: headEtag }],
      ...startsMs.map((startMs): TransactionAction => {
        const messageId = messageIdOf(meterId, startMs);
        const fields = claimFields(notBeforeMs, 0);
        return ['create', { partitionKey, rowKey: instant(startMs), messageId, ...fields }];
      }),
    ];
    const response = await tryTransaction(this.#table, actions);
    if (response === undefined) return undefined;
    const etags = response.subResponses.map(({ etag }) => etag ?? '');
    return {
      headEtag: etags[0] ?? '',
      incidents: startsMs.map((startMs, index) => ({
        meterId,
        startMs,
        mailed: false,
        notBeforeMs,
        messageId: messageIdOf(meterId, startMs),
        failedAttempts: 0,
        etag: etags[index + 1] ?? '',
      })),
    };
  }

  /**
   * Claims an incident again, or puts it off after an attempt that failed; undefined when another
   * instance has changed it meanwhile.
   */
  async reclaim(
    incident: StoredIncident,
    notBeforeMs: number,
    failedAttempts: number,
  ): Promise<StoredIncident | undefined> {
    const etag = await this.#update(incident, claimFields(notBeforeMs, failedAttempts));
    return etag === undefined ? undefined : { ...incident, etag, notBeforeMs, failedAttempts };
  }

  /** Records that the mail was sent; false when another instance has taken the incident over. */
  async markMailed(incident: StoredIncident, atMs: number): Promise<boolean> {
    const fields = { state: 'mailed', mailedAt: instant(atMs) };
    return (await this.#update(incident, fields)) !== undefined;
  }

  async #update(incident: StoredIncident, fields: object): Promise<string | undefined> {
    const key = { partitionKey: meterKey(incident.meterId), rowKey: instant(incident.startMs) };
    try {
      const { etag } = await this.#table.updateEntity({ ...key, ...fields }, 'Merge', {
        etag: incident.etag,
      });
      return etag;
    } catch (error) {
      if (isConflict(error)) return undefined;
      throw error;
    }
  }

  async #headEtag(meterId: string): Promise<string | null> {
    try {
      return (await this.#table.getEntity(meterKey(meterId), HEAD)).etag;
    } catch (error) {
      if (isConflict(error)) return null;
      throw error;
    }
  }
}

/** Opens the table of incidents in the storage account. */
export async function openIncidentStore(connectionString: string): Promise<IncidentStore> {
  return new IncidentStore(await openTable(connectionString, 'incidents'));
}

function claimFields(notBeforeMs: number, failedAttempts: number): object {
  return { state: 'claimed', notBefore: instant(notBeforeMs), failedAttempts };
}

function readRow(meterId: string, row: unknown): StoredIncident {
  const { rowKey, etag, state, notBefore, failedAttempts, messageId } = IncidentRow.parse(row);
  return {
    meterId,
    startMs: Date.parse(rowKey),
    mailed: state === 'mailed',
    notBeforeMs: Date.parse(notBefore),
    messageId,
    failedAttempts,
    etag,
  };
}

/** RFC 5322 Message-ID, the same for the same incident on every machine. */
function messageIdOf(meterId: string, startMs: number): string {
  return `<${sha256(JSON.stringify([meterId, startMs])).slice(0, 40)}@incidents.iot-end-to-end>`;
}

function instant(atMs: number): string {
  return new Date(atMs).toISOString();
}

/**
 * The anomalies of a site as they come in: a row for each that remembers it, and a row for all that
 * came together, which waits to be counted.
 *
 * Invariant: an anomaly delivered again is not taken in again, whatever has become of it meanwhile.
 */
import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import type { Anomaly } from './core/anomaly.ts';
import type { Arrival } from './core/site-state.ts';
import { fromColumns, toColumns } from './json-columns.ts';
import { ANOMALIES, instant, PENDING } from './site-rows.ts';
import { StoredAnomaly } from './stored-site.ts';
import { anomalyKey, fingerprintOf, siteKey } from './table-keys.ts';
import { tryTransaction } from './tables.ts';

/** Anomalies that are recorded in one transaction, with the row in which they wait. */
const RECORDED_TOGETHER = 99;

/** Anomalies that came together and that the state does not count yet. */
export interface PendingArrivals {
  readonly rowKey: string;
  readonly arrivals: readonly Arrival[];
}

const PendingRow = z.looseObject({ rowKey: z.string(), arrivedAt: z.iso.datetime() });
const StoredAnomalies = z.array(StoredAnomaly);

export class ArrivalStore {
  readonly #table: TableClient;

  constructor(table: TableClient) {
    this.#table = table;
  }

  /** Takes in those anomalies of a site that are new; durable when resolved. */
  async record(siteId: string, anomalies: readonly Anomaly[], arrivedMs: number): Promise<void> {
    const rows = new Map(anomalies.map((anomaly) => [anomalyKey(anomaly), anomaly]));
    let missing = [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1));
    while (missing.length > 0) {
      const batch = missing.slice(0, RECORDED_TOGETHER);
      const actions = arrivalActions(siteId, batch, arrivedMs);
      if ((await tryTransaction(this.#table, actions)) !== undefined) {
        missing = missing.slice(RECORDED_TOGETHER);
        continue;
      }
      const present = await this.#keysBetween(siteId, batch[0]?.[0], batch.at(-1)?.[0]);
      missing = missing.filter(([key]) => !present.has(key));
    }
  }

  /** Up to `most` rows of anomalies that wait to be counted. */
  async pending(siteId: string, most: number): Promise<PendingArrivals[]> {
    const { from, to } = PENDING;
    const filter = odata`PartitionKey eq ${siteKey(siteId)} and RowKey ge ${from} and RowKey lt ${to}`;
    const pages = this.#table.listEntities({ queryOptions: { filter } });
    for await (const page of pages.byPage({ maxPageSize: most })) {
      // A page may be empty while others follow.
      if (page.length > 0) return page.map(readPending);
    }
    return [];
  }

  async #keysBetween(siteId: string, first = '', last = ''): Promise<Set<string>> {
    const keys = new Set<string>();
    const { from } = ANOMALIES;
    const filter = odata`PartitionKey eq ${siteKey(siteId)} and RowKey ge ${from + first} and RowKey le ${from + last}`;
    const rows = this.#table.listEntities({ queryOptions: { filter, select: ['rowKey'] } });
    for await (const { rowKey } of rows) {
      if (rowKey !== undefined) keys.add(rowKey.slice(from.length));
    }
    return keys;
  }
}

function arrivalActions(
  siteId: string,
  batch: readonly (readonly [string, Anomaly])[],
  arrivedMs: number,
): TransactionAction[] {
  const partitionKey = siteKey(siteId);
  const arrivedAt = instant(arrivedMs);
  const anomalies = batch.map(([, anomaly]) => anomaly);
  // Named after one of its anomalies, which is recorded once: no other row has that name.
  const rowKey = `${PENDING.from}${batch[0]?.[0] ?? ''}`;
  return [
    ...batch.map(([key]): TransactionAction => [
      'create',
      { partitionKey, rowKey: `${ANOMALIES.from}${key}`, arrivedAt },
    ]),
    ['create', { partitionKey, rowKey, arrivedAt, ...toColumns(anomalies) }],
  ];
}

function readPending(row: Record<string, unknown>): PendingArrivals {
  const { rowKey, arrivedAt } = PendingRow.parse(row);
  const arrivedMs = Date.parse(arrivedAt);
  const arrivals = StoredAnomalies.parse(fromColumns(row)).map((anomaly) => ({
    anomaly,
    arrivedMs,
    fingerprint: fingerprintOf(anomaly),
  }));
  return { rowKey, arrivals };
}

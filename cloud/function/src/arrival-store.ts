/**
 * The anomalies of a site as they come in.
 *
 * Invariant: an anomaly delivered again is not taken in again, whatever has become of it meanwhile.
 */
import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import type { Anomaly } from './core/anomaly.ts';
import type { Arrival } from './core/site-state.ts';
import { ANOMALIES, instant, PENDING } from './site-rows.ts';
import { StoredAnomaly } from './stored-site.ts';
import { anomalyKey, fingerprintOf, siteKey } from './table-keys.ts';
import { tryTransaction } from './tables.ts';

/** Anomalies that are recorded together, with two rows each. */
const RECORDED_TOGETHER = 50;
/** An anomaly that the state does not count yet. */
export interface PendingArrival extends Arrival {
  readonly rowKey: string;
}

const PendingRow = z.object({
  rowKey: z.string(),
  arrivedAt: z.iso.datetime(),
  anomaly: z.string(),
});

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
      const actions = batch.flatMap(([key, anomaly]) =>
        arrivalActions(siteId, key, anomaly, arrivedMs),
      );
      if ((await tryTransaction(this.#table, actions)) !== undefined) {
        missing = missing.slice(RECORDED_TOGETHER);
        continue;
      }
      const present = await this.#keysBetween(siteId, batch[0]?.[0], batch.at(-1)?.[0]);
      missing = missing.filter(([key]) => !present.has(key));
    }
  }

  /** Up to `most` anomalies that wait to be counted. */
  async pending(siteId: string, most: number): Promise<PendingArrival[]> {
    const { from, to } = PENDING;
    const filter = odata`PartitionKey eq ${siteKey(siteId)} and RowKey ge ${from} and RowKey lt ${to}`;
    const pages = this.#table.listEntities({ queryOptions: { filter } });
    for await (const page of pages.byPage({ maxPageSize: Math.min(most, 1_000) })) {
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
  key: string,
  anomaly: Anomaly,
  arrivedMs: number,
): TransactionAction[] {
  const partitionKey = siteKey(siteId);
  const arrivedAt = instant(arrivedMs);
  return [
    ['create', { partitionKey, rowKey: `${ANOMALIES.from}${key}`, arrivedAt }],
    [
      'create',
      {
        partitionKey,
        rowKey: `${PENDING.from}${key}`,
        arrivedAt,
        anomaly: JSON.stringify(anomaly),
      },
    ],
  ];
}

function readPending(row: unknown): PendingArrival {
  const { rowKey, arrivedAt, anomaly: json } = PendingRow.parse(row);
  const anomaly = StoredAnomaly.parse(JSON.parse(json));
  const fingerprint = fingerprintOf(anomaly);
  return { rowKey, arrivedMs: Date.parse(arrivedAt), anomaly, fingerprint };
}

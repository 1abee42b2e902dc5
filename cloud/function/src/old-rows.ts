/** Removes rows that are older than they need to be. */
import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { ANOMALIES, instant, RECORDS, SENT } from './site-rows.ts';
import { siteKey } from './table-keys.ts';
import { inBatches, tryTransaction } from './tables.ts';

/** What is older than these instants, epoch milliseconds, may go. */
export interface Keep {
  readonly anomaliesSinceMs: number;
  /** Incidents, and mails that were sent. */
  readonly incidentsSinceMs: number;
}

export class OldRows {
  readonly #table: TableClient;

  constructor(table: TableClient) {
    this.#table = table;
  }

  /** Removes a site's old rows until `mustStop`; resolves with how many they were. */
  async remove(siteId: string, keep: Keep, mustStop: () => boolean): Promise<number> {
    const old = [
      { ...ANOMALIES, sinceMs: keep.anomaliesSinceMs },
      { ...RECORDS, sinceMs: keep.incidentsSinceMs },
      { ...SENT, sinceMs: keep.incidentsSinceMs },
    ];
    let removed = 0;
    for (const { from, to, sinceMs } of old) {
      const keys = odata`PartitionKey eq ${siteKey(siteId)} and RowKey ge ${from} and RowKey lt ${to}`;
      const filter = `${keys} and ${odata`arrivedAt lt ${instant(sinceMs)}`}`;
      removed += await removeRows(this.#table, filter, mustStop);
    }
    return removed;
  }
}

/** Removes the rows of `filter`, all of them in one partition, until `mustStop`. */
export async function removeRows(
  table: TableClient,
  filter: string,
  mustStop: () => boolean,
): Promise<number> {
  const pages = table.listEntities<{ partitionKey: string; rowKey: string }>({
    queryOptions: { filter, select: ['partitionKey', 'rowKey'] },
  });
  let removed = 0;
  for await (const page of pages.byPage({ maxPageSize: 1_000 })) {
    for (const batch of inBatches(page)) {
      if (mustStop()) return removed;
      const actions = batch.map(({ partitionKey, rowKey }): TransactionAction => [
        'delete',
        { partitionKey, rowKey },
      ]);
      // Another instance may be at it too: what it leaves is removed by the next run.
      if ((await tryTransaction(table, actions)) !== undefined) removed += batch.length;
    }
  }
  return removed;
}

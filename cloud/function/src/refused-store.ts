/** The dead letters: table `refusedevents`, one partition per day, one row per refused content. */
import { odata, type TableClient } from '@azure/data-tables';
import { removeRows } from './old-rows.ts';
import { sha256 } from './table-keys.ts';
import { openTable } from './tables.ts';

/** Characters of the content and of the reason that are kept; a property holds 32,768. */
const MAX_CONTENT = 16_384;
const MAX_REASON = 1_024;

/** Something on the alerts hub that is no anomaly. */
export interface Refused {
  readonly reason: string;
  readonly content: string;
}

export class RefusedStore {
  readonly #table: TableClient;

  constructor(table: TableClient) {
    this.#table = table;
  }

  /** Keeps `refused` with its reason; the same content again on the same day is kept once. */
  async keep({ reason, content }: Refused, atMs: number): Promise<void> {
    const at = new Date(atMs).toISOString();
    await this.#table.upsertEntity({
      partitionKey: at.slice(0, 10),
      rowKey: sha256(content),
      at,
      reason: reason.slice(0, MAX_REASON),
      content: JSON.stringify(content.slice(0, MAX_CONTENT)).slice(0, MAX_CONTENT),
    });
  }

  /** Removes what came before the day of `sinceMs`; resolves with how many rows that were. */
  async trim(sinceMs: number, mustStop: () => boolean): Promise<number> {
    const day = new Date(sinceMs).toISOString().slice(0, 10);
    const days = new Set<string>();
    const rows = this.#table.listEntities({
      queryOptions: { filter: odata`PartitionKey lt ${day}`, select: ['partitionKey'] },
    });
    for await (const { partitionKey } of rows)
      if (partitionKey !== undefined) days.add(partitionKey);
    let removed = 0;
    for (const old of days) {
      removed += await removeRows(this.#table, odata`PartitionKey eq ${old}`, mustStop);
    }
    return removed;
  }
}

/** Opens the table of refused events in the storage account. */
export async function openRefusedStore(connectionString: string): Promise<RefusedStore> {
  return new RefusedStore(await openTable(connectionString, 'refusedevents'));
}

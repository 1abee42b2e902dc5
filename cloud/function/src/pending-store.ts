/**
 * The anomalies that no mail has told of yet: table `pendinganomalies`, one partition.
 *
 * Invariants:
 * - an anomaly delivered again is not added again, and keeps its first arrival;
 * - an anomaly stays until its incident's mail is on record as sent.
 */
import { odata, type TableClient, type TransactionAction } from '@azure/data-tables';
import { z } from 'zod';
import type { Anomaly } from './core/anomaly.ts';
import type { PendingAnomaly } from './core/incidents.ts';
import { anomalyKey } from './table-keys.ts';
import { inBatches, openTable, tryTransaction } from './tables.ts';

const PARTITION = 'pending';

/** An anomaly as this app has written it. */
const StoredAnomaly = z.object({
  meterId: z.string(),
  atMs: z.number(),
  seq: z.number().nullable(),
  temp: z.number(),
  direction: z.enum(['spike', 'dip']),
  score: z.number(),
  confidence: z.number().nullable(),
  historySize: z.number().nullable(),
  usual: z.number().nullable(),
  recent: z.array(z.object({ atMs: z.number(), temp: z.number() })),
  gateway: z.string().nullable(),
});

const PendingRow = z.object({
  rowKey: z.string(),
  arrivedAt: z.iso.datetime(),
  anomaly: z.string(),
});

export class PendingStore {
  readonly #table: TableClient;

  constructor(table: TableClient) {
    this.#table = table;
  }

  /** Adds those anomalies that are not there yet; durable when resolved. */
  async add(anomalies: readonly Anomaly[], arrivedMs: number): Promise<void> {
    const arrivedAt = new Date(arrivedMs).toISOString();
    const rows = new Map(anomalies.map((anomaly) => [anomalyKey(anomaly), anomaly]));
    const inOrder = [...rows].toSorted(([a], [b]) => (a < b ? -1 : 1));
    for (const batch of inBatches(inOrder)) {
      await this.#createMissing(
        batch.map(([rowKey, anomaly]) => ({
          partitionKey: PARTITION,
          rowKey,
          arrivedAt,
          anomaly: JSON.stringify(anomaly),
        })),
      );
    }
  }

  /** All pending anomalies, in order of meter and event time. */
  async list(): Promise<PendingAnomaly[]> {
    const pending: PendingAnomaly[] = [];
    const rows = this.#table.listEntities({
      queryOptions: { filter: odata`PartitionKey eq ${PARTITION}` },
    });
    for await (const row of rows) pending.push(readRow(row));
    return pending;
  }

  /** Removes what has been told; rows that are gone already are no matter. */
  async remove(told: readonly PendingAnomaly[]): Promise<void> {
    for (const batch of inBatches(told)) {
      const actions = batch.map(({ key }): TransactionAction => [
        'delete',
        { partitionKey: PARTITION, rowKey: key },
      ]);
      if ((await tryTransaction(this.#table, actions)) !== undefined) continue;
      for (const action of actions) await tryTransaction(this.#table, [action]);
    }
  }

  async #createMissing(rows: readonly { partitionKey: string; rowKey: string }[]): Promise<void> {
    let missing = rows;
    while (missing.length > 0) {
      const actions = missing.map((row): TransactionAction => ['create', row]);
      if ((await tryTransaction(this.#table, actions)) !== undefined) return;
      const present = await this.#keysBetween(missing[0]?.rowKey, missing.at(-1)?.rowKey);
      missing = missing.filter(({ rowKey }) => !present.has(rowKey));
    }
  }

  async #keysBetween(from = '', to = ''): Promise<Set<string>> {
    const keys = new Set<string>();
    const filter = odata`PartitionKey eq ${PARTITION} and RowKey ge ${from} and RowKey le ${to}`;
    const rows = this.#table.listEntities({ queryOptions: { filter, select: ['rowKey'] } });
    for await (const { rowKey } of rows) if (rowKey !== undefined) keys.add(rowKey);
    return keys;
  }
}

/** Opens the table of pending anomalies in the storage account. */
export async function openPendingStore(connectionString: string): Promise<PendingStore> {
  return new PendingStore(await openTable(connectionString, 'pendinganomalies'));
}

function readRow(row: unknown): PendingAnomaly {
  const { rowKey, arrivedAt, anomaly } = PendingRow.parse(row);
  return {
    key: rowKey,
    arrivedMs: Date.parse(arrivedAt),
    anomaly: StoredAnomaly.parse(JSON.parse(anomaly)),
  };
}

/** What the stores share: opening a table, transactions in batches, and telling conflicts apart. */
import {
  RestError,
  type TableClient,
  type TableEntityResult,
  type TableTransactionResponse,
  type TransactionAction,
} from '@azure/data-tables';
import { tableClient } from './storage-account.ts';

/** Most actions of one transaction; all of them in one partition. */
const MAX_ACTIONS = 100;

/**
 * Opens a table and makes it when it is missing.
 *
 * @throws RestError when storage cannot be reached or refuses the key
 */
export async function openTable(storage: string, name: string): Promise<TableClient> {
  const client = tableClient(storage, name);
  await client.createTable();
  return client;
}

/** A row with all its properties, or undefined when it is missing. */
export async function getRow(
  table: TableClient,
  partitionKey: string,
  rowKey: string,
): Promise<TableEntityResult<Record<string, unknown>> | undefined> {
  try {
    return await table.getEntity<Record<string, unknown>>(partitionKey, rowKey);
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}

/** Lists of at most 100, in order. */
export function inBatches<T>(items: readonly T[]): T[][] {
  const batches: T[][] = [];
  for (let at = 0; at < items.length; at += MAX_ACTIONS)
    batches.push(items.slice(at, at + MAX_ACTIONS));
  return batches;
}

/**
 * Runs `actions` all or none; undefined when a row was there already, was gone, or had changed.
 *
 * @throws RestError for everything else
 */
export async function tryTransaction(
  table: TableClient,
  actions: TransactionAction[],
): Promise<TableTransactionResponse | undefined> {
  try {
    return await table.submitTransaction(actions);
  } catch (error) {
    if (isConflict(error)) return undefined;
    throw error;
  }
}

/** Whether storage refused because of what another has written: a row is there, gone, or changed. */
export function isConflict(error: unknown): boolean {
  if (!(error instanceof RestError)) return false;
  if (error.code === 'TableNotFound' || error.message.includes('TableNotFound')) return false;
  return [404, 409, 412].includes(error.statusCode ?? 0);
}

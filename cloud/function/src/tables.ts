/** What the stores share: opening a table, transactions in batches, and telling conflicts apart. */
import {
  RestError,
  TableClient,
  type TableTransactionResponse,
  type TransactionAction,
} from '@azure/data-tables';

/** Most actions of one transaction; all of them in one partition. */
const MAX_ACTIONS = 100;

/**
 * Opens a table and makes it when it is missing.
 *
 * @throws RestError when storage cannot be reached or refuses the key
 */
export async function openTable(connectionString: string, name: string): Promise<TableClient> {
  const client = TableClient.fromConnectionString(connectionString, name, {
    // Only a storage emulator is spoken to without TLS, and only when the connection string says so.
    allowInsecureConnection: /TableEndpoint=http:|DefaultEndpointsProtocol=http;/i.test(
      connectionString,
    ),
    // Short: what fails longer is tried again by the function's retry policy or its schedule.
    retryOptions: { maxRetries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 5_000 },
  });
  await client.createTable();
  return client;
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

/**
 * The app's storage account: by a connection string on a laptop, by the address of its table service
 * and the app's managed identity in Azure.
 */
import { TableClient } from '@azure/data-tables';
import { DefaultAzureCredential } from '@azure/identity';
import { QueueClient } from '@azure/storage-queue';

/** Short: what fails longer is tried again by the function's retry policy or its schedule. */
const RETRIES = { maxRetries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 5_000 };

/** A client of one table. */
export function tableClient(storage: string, name: string): TableClient {
  if (isAddress(storage)) {
    return new TableClient(storage, name, new DefaultAzureCredential(), { retryOptions: RETRIES });
  }
  return TableClient.fromConnectionString(storage, name, {
    // Only a storage emulator is spoken to without TLS, and only when the connection string says so.
    allowInsecureConnection: /TableEndpoint=http:|DefaultEndpointsProtocol=http;/i.test(storage),
    retryOptions: RETRIES,
  });
}

/** A client of one queue in the same account. */
export function queueClient(storage: string, name: string): QueueClient {
  const options = { retryOptions: { maxTries: 4, retryDelayInMs: 200, maxRetryDelayInMs: 5_000 } };
  if (!isAddress(storage)) return new QueueClient(storage, name, options);
  const queues = storage.replace('.table.', '.queue.').replace(/\/+$/, '');
  return new QueueClient(`${queues}/${name}`, new DefaultAzureCredential(), options);
}

/** An address has no key in it. */
function isAddress(storage: string): boolean {
  return /^https:\/\//i.test(storage);
}

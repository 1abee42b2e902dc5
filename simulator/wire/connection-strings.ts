/** Connection strings of the local services, in the forms that Microsoft's clients read. */
import type { Settings } from './settings.ts';

/** Azurite's account name, fixed by Azurite. */
const STORAGE_ACCOUNT = 'devstoreaccount1';

/**
 * For `@azure/event-hubs`; with `hub` it names that event hub (`EntityPath`). Secret.
 *
 * `UseDevelopmentEmulator` makes the client speak AMQP over plain TCP.
 */
export function eventHubsConnectionString(settings: Settings, hub?: string): string {
  return [
    `Endpoint=sb://127.0.0.1:${settings.ports.eventHubs}`,
    'SharedAccessKeyName=RootManageSharedAccessKey',
    `SharedAccessKey=${settings.secrets.eventHubsKey}`,
    'UseDevelopmentEmulator=true',
    ...(hub === undefined ? [] : [`EntityPath=${hub}`]),
  ].join(';');
}

/** For `@azure/storage-blob`, `@azure/storage-queue` and `@azure/data-tables`, at Azurite. Secret. */
export function storageConnectionString(settings: Settings): string {
  const { blob, queue, table } = settings.ports;
  return [
    'DefaultEndpointsProtocol=http',
    `AccountName=${STORAGE_ACCOUNT}`,
    `AccountKey=${settings.secrets.storageKey}`,
    `BlobEndpoint=http://127.0.0.1:${blob}/${STORAGE_ACCOUNT}`,
    `QueueEndpoint=http://127.0.0.1:${queue}/${STORAGE_ACCOUNT}`,
    `TableEndpoint=http://127.0.0.1:${table}/${STORAGE_ACCOUNT}`,
    '',
  ].join(';');
}

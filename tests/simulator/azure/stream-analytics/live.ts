/** Real Event Hubs and Azurite around live jobs, and what the tests put in and read out. */
import { BlobServiceClient } from '@azure/storage-blob';
import { pino } from 'pino';
import type { NewEvent } from '../../../../simulator/azure/event-hubs/event-log.ts';
import { BUILT_IN_ENDPOINT } from '../../../../simulator/azure/event-hubs/namespace.ts';
import type {
  JobsStatus,
  JobStatus,
} from '../../../../simulator/azure/stream-analytics/job-status.ts';
import { storageConnectionString } from '../../../../simulator/wire/connection-strings.ts';
import type { Settings } from '../../../../simulator/wire/settings.ts';
import type { TestEventHubs } from '../../../support/event-hubs.ts';

export const SILENT_LOG = pino({ level: 'silent' });

export interface TestReading {
  readonly id: string;
  readonly time: string;
  readonly temp: number;
  readonly seq: number;
}

/** A reading of `meter`, `seconds` after the first of January 2026. */
export function readingAt(id: string, seconds: number, temp = 70): TestReading {
  const time = new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();
  return { id, time, temp, seq: seconds };
}

/** Appends a message as IoT Hub does. */
export async function sendTelemetry(
  { eventLog }: TestEventHubs,
  device: string,
  body: unknown,
  properties: Record<string, string> = {},
): Promise<void> {
  const event = telemetryEvent(device, body, properties);
  await eventLog.append(BUILT_IN_ENDPOINT, { partitionKey: device }, [event]);
}

/** A message as IoT Hub appends it; a text is taken as it is. */
export function telemetryEvent(
  device: string,
  body: unknown,
  properties: Record<string, string> = {},
): NewEvent {
  return {
    body: Buffer.from(typeof body === 'string' ? body : JSON.stringify(body)),
    properties,
    contentType: 'application/json',
    contentEncoding: 'utf-8',
    annotations: {
      'iothub-connection-device-id': device,
      'iothub-enqueuedtime': new Date(),
      'iothub-message-source': 'Telemetry',
    },
  };
}

/** What an event hub holds, parsed, partition by partition. */
export function eventsOf({ eventLog }: TestEventHubs, hub: string): Record<string, unknown>[] {
  return ['0', '1'].flatMap((partition) =>
    eventLog.read(hub, partition, -1, 10_000).map(({ body }) => JSON.parse(body.toString())),
  );
}

/** The CSV blobs of the archive by name. */
export async function archiveOf(settings: Settings): Promise<Map<string, string>> {
  const service = BlobServiceClient.fromConnectionString(storageConnectionString(settings));
  const container = service.getContainerClient('archive');
  const blobs = new Map<string, string>();
  if (!(await container.exists())) return blobs;
  for await (const { name } of container.listBlobsFlat()) {
    blobs.set(name, (await container.getBlobClient(name).downloadToBuffer()).toString());
  }
  return blobs;
}

/** The lines below the headers of all blobs. */
export async function archivedLines(settings: Settings): Promise<string[]> {
  const blobs = await archiveOf(settings);
  return [...blobs.values()].flatMap((text) => text.split('\r\n').slice(1, -1));
}

/** The status of one job. */
export function jobOf(status: unknown, name: string): JobStatus {
  const job = (status as JobsStatus).jobs.find((candidate) => candidate.name === name);
  if (job === undefined) throw new Error(`no job ${name}`);
  return job;
}

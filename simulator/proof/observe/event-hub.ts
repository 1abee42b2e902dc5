/** Reads all events of an event hub, with Microsoft's client. */
import { EventHubConsumerClient, earliestEventPosition } from '@azure/event-hubs';
import { z } from 'zod';
import { eventHubsConnectionString } from '../../wire/connection-strings.ts';
import type { Settings } from '../../wire/settings.ts';
import type { ExpectedAnomaly } from '../oracle/expected-anomalies.ts';
import type { ObservedAverage } from '../oracle/observed.ts';

const CONSUMER_GROUP = '$Default';
const EVENTS_AT_ONCE = 500;

const instant = z.string().transform((text) => Date.parse(text));

const Average = z
  .object({
    id: z.string(),
    windowEnd: instant,
    average: z.number(),
    minimum: z.number(),
    maximum: z.number(),
    count: z.number(),
    revision: z.number(),
  })
  .transform(({ windowEnd, ...values }) => ({ ...values, windowEndMs: windowEnd }));

const Alert = z
  .object({ id: z.string(), time: instant })
  .transform(({ id, time }) => ({ id, atMs: time }));

/** Everything on `hot-path`, per partition in order. */
export async function readAverages(settings: Settings): Promise<ObservedAverage[]> {
  return (await readHub(settings, 'hot-path')).map((body) => Average.parse(body));
}

/** Everything on `alerts`. */
export async function readAlerts(settings: Settings): Promise<ExpectedAnomaly[]> {
  return (await readHub(settings, 'alerts')).map((body) => Alert.parse(body));
}

async function readHub(settings: Settings, hub: string): Promise<unknown[]> {
  const connection = eventHubsConnectionString(settings);
  const client = new EventHubConsumerClient(CONSUMER_GROUP, connection, hub);
  try {
    const partitions = await client.getPartitionIds();
    const bodies = await Promise.all(partitions.map((id) => readPartition(client, id)));
    return bodies.flat();
  } finally {
    await client.close();
  }
}

/** An event holds one object, or several when the writer packed them. */
async function readPartition(client: EventHubConsumerClient, id: string): Promise<unknown[]> {
  const { isEmpty, lastEnqueuedSequenceNumber } = await client.getPartitionProperties(id);
  if (isEmpty) return [];
  const bodies: unknown[] = [];
  await new Promise<void>((resolve, reject) => {
    const subscription = client.subscribe(
      id,
      {
        processEvents: async (events) => {
          for (const { body } of events) bodies.push(...asArray(body));
          const last = events.at(-1);
          if (last === undefined || last.sequenceNumber < lastEnqueuedSequenceNumber) return;
          await subscription.close();
          resolve();
        },
        processError: (error) => {
          reject(error);
          return Promise.resolve();
        },
      },
      {
        startPosition: earliestEventPosition,
        maxBatchSize: EVENTS_AT_ONCE,
        maxWaitTimeInSeconds: 1,
      },
    );
  });
  return bodies;
}

function asArray(body: unknown): readonly unknown[] {
  const list: readonly unknown[] | undefined = Array.isArray(body) ? body : undefined;
  return list ?? [body];
}

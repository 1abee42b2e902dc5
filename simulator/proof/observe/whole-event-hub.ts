/** Reads an event hub from its first event to the last that it holds now, with Microsoft's client. */
import {
  earliestEventPosition,
  EventHubConsumerClient,
  type ReceivedEventData,
} from '@azure/event-hubs';
import { eventHubsConnectionString } from '../../wire/connection-strings.ts';
import type { Settings } from '../../wire/settings.ts';

const CONSUMER_GROUP = '$Default';
/** An event may have a quarter of a megabyte. */
const EVENTS_AT_ONCE = 100;

/** Calls `take` with every event, those of a partition in order. */
export async function readEventHub(
  settings: Settings,
  hub: string,
  take: (event: ReceivedEventData) => void,
): Promise<void> {
  const connection = eventHubsConnectionString(settings);
  const client = new EventHubConsumerClient(CONSUMER_GROUP, connection, hub);
  try {
    for (const id of await client.getPartitionIds()) await readPartition(client, id, take);
  } finally {
    await client.close();
  }
}

async function readPartition(
  client: EventHubConsumerClient,
  id: string,
  take: (event: ReceivedEventData) => void,
): Promise<void> {
  const { isEmpty, lastEnqueuedSequenceNumber } = await client.getPartitionProperties(id);
  if (isEmpty) return;
  await new Promise<void>((resolve, reject) => {
    const subscription = client.subscribe(
      id,
      {
        processEvents: async (events) => {
          for (const event of events) take(event);
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
}

/** Event Hubs on a socket of its own for one test, and clients of it. */
import { join } from 'node:path';
import { pino } from 'pino';
import {
  EventHubConsumerClient,
  EventHubProducerClient,
  type CheckpointStore,
  type EventHubConsumerClientOptions,
  type EventPosition,
  type MessagingError,
  type ReceivedEventData,
  type RetryOptions,
} from '@azure/event-hubs';
import { startEventHubs } from '../../simulator/azure/event-hubs/event-hubs.ts';
import { openEventLog, type EventLog } from '../../simulator/azure/event-hubs/event-log.ts';
import { EVENT_HUBS } from '../../simulator/azure/event-hubs/namespace.ts';
import { eventHubsConnectionString } from '../../simulator/wire/connection-strings.ts';
import type { Settings } from '../../simulator/wire/settings.ts';

export interface TestEventHubs {
  readonly eventLog: EventLog;
  stop(): Promise<void>;
}

/** Starts the service on the port and in the state folder of `settings`. */
export async function startTestEventHubs(settings: Settings): Promise<TestEventHubs> {
  const eventLog = openEventLog(join(settings.stateFolder, 'azure', 'event-hubs.db'), EVENT_HUBS);
  const log = pino({ level: 'silent' });
  const service = await startEventHubs({ settings, log, eventLog });
  return {
    eventLog,
    stop: async () => {
      await service.stop();
      await eventLog.close();
    },
  };
}

/** Short retries, so that a test of a failure does not wait as long as a program would. */
const RETRY_OPTIONS = { maxRetries: 2, retryDelayInMs: 50, timeoutInMs: 10_000 };

/** Microsoft's client that sends. */
export function producerFor(
  settings: Settings,
  hub: string,
  retryOptions: RetryOptions = {},
): EventHubProducerClient {
  return new EventHubProducerClient(eventHubsConnectionString(settings, hub), {
    retryOptions: { ...RETRY_OPTIONS, ...retryOptions },
  });
}

/** Microsoft's client that reads. */
export function consumerFor(
  settings: Settings,
  hub: string,
  consumerGroup = '$Default',
  options: EventHubConsumerClientOptions = {},
): EventHubConsumerClient {
  return new EventHubConsumerClient(consumerGroup, eventHubsConnectionString(settings, hub), {
    retryOptions: RETRY_OPTIONS,
    ...options,
  });
}

/** Microsoft's client that shares the partitions of a hub with others by way of a store. */
export function consumerWith(
  settings: Settings,
  hub: string,
  store: CheckpointStore,
): EventHubConsumerClient {
  const connection = eventHubsConnectionString(settings, hub);
  return new EventHubConsumerClient('$Default', connection, store, {
    retryOptions: RETRY_OPTIONS,
    loadBalancingOptions: { strategy: 'greedy', updateIntervalInMs: 200 },
  });
}

/** Reads `count` events from one partition with Microsoft's client and closes the subscription. */
export function receive(
  consumer: EventHubConsumerClient,
  partitionId: string,
  options: { count: number; startPosition?: EventPosition },
): Promise<ReceivedEventData[]> {
  return new Promise((resolve, reject) => {
    const received: ReceivedEventData[] = [];
    const subscription = consumer.subscribe(
      partitionId,
      {
        processEvents: async (events) => {
          received.push(...events);
          if (received.length < options.count) return;
          await subscription.close();
          resolve(received);
        },
        processError: async (error) => {
          await subscription.close();
          reject(error);
        },
      },
      {
        startPosition: options.startPosition ?? { offset: '-1' },
        maxWaitTimeInSeconds: 1,
        maxBatchSize: 500,
      },
    );
  });
}

/** What a call of Microsoft's client failed with at its first try; it retries what may pass. */
export async function failureOf(call: Promise<unknown>): Promise<MessagingError> {
  const error: unknown = await call.then(
    () => new Error('It was expected to fail.'),
    (failure: unknown) => failure,
  );
  return firstOf(error);
}

function firstOf(error: unknown): MessagingError {
  if (error instanceof AggregateError) return firstOf(error.errors[0]);
  return error as MessagingError;
}

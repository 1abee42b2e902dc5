import {
  EventHubConsumerClient,
  type EventHubConsumerClientOptions,
  type EventPosition,
  type ProcessErrorHandler,
} from '@azure/event-hubs';
import { DefaultAzureCredential } from '@azure/identity';
import type { Logger } from 'pino';
import type { SourceState } from '../core/page-message.ts';
import type { HubAddress } from './env.ts';

const MAX_BATCH_EVENTS = 500;
/** An idle partition reports in this often, which shows that it is connected, or finds out that not. */
const MAX_WAIT_SECONDS = 2;
/** Left alone, the client waits 30 s between its tries and says nothing meanwhile. */
const RETRY_OPTIONS = { maxRetries: 3, retryDelayInMs: 200, timeoutInMs: 5_000 };

export interface HubFeedHandler {
  /** Body of each event from the start position on. */
  event(body: unknown): void;
  state(state: SourceState): void;
}

/**
 * Reads all partitions of an event hub from `startPosition` on, and goes on for ever.
 *
 * There is no checkpoint: the board lives in memory, so a restart needs the last hours again. When
 * the client resumes after a fault it may read events twice.
 */
export function startHubFeed(
  address: HubAddress,
  startPosition: EventPosition,
  handler: HubFeedHandler,
  log: Logger,
): { stop(): Promise<void> } {
  const { hub } = address;
  const client = consumerClient(address, { retryOptions: RETRY_OPTIONS });
  const state = onChange((next) => handler.state(next));
  const processError: ProcessErrorHandler = async (error) => {
    const code = 'code' in error ? String(error.code) : error.name;
    log.warn({ hub, code, reason: error.message }, 'event hub does not answer, trying again');
    state({ state: 'failing', reason: `event hub ${hub}: ${code}` });
  };
  state({ state: 'connecting' });
  const subscription = client.subscribe(
    {
      processEvents: async (events) => {
        state({ state: 'receiving' });
        for (const { body } of events) handler.event(body);
      },
      processError,
    },
    {
      startPosition,
      maxBatchSize: MAX_BATCH_EVENTS,
      maxWaitTimeInSeconds: MAX_WAIT_SECONDS,
    },
  );
  return {
    stop: async () => {
      await subscription.close();
      await client.close();
    },
  };
}

function consumerClient(
  address: HubAddress,
  options: EventHubConsumerClientOptions,
): EventHubConsumerClient {
  const { consumerGroup, hub } = address;
  return 'connectionString' in address
    ? new EventHubConsumerClient(consumerGroup, address.connectionString, hub, options)
    : new EventHubConsumerClient(
        consumerGroup,
        address.namespace,
        hub,
        new DefaultAzureCredential(),
        options,
      );
}

function onChange(report: (state: SourceState) => void): (state: SourceState) => void {
  let last = '';
  return (state) => {
    const next = JSON.stringify(state);
    if (next === last) return;
    last = next;
    report(state);
  };
}

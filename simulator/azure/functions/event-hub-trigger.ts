/**
 * Event Hub triggers: reads a hub with Microsoft's own client and calls a function with batches.
 *
 * Invariants:
 * - a checkpoint is written only after the invocation with its events has ended;
 * - a failed invocation is repeated as the function's retry policy says; without a policy the batch
 *   is passed over, as in Azure.
 */
import {
  earliestEventPosition,
  EventHubConsumerClient,
  type PartitionContext,
  type ReceivedEventData,
} from '@azure/event-hubs';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import { ContainerClient } from '@azure/storage-blob';
import type { RunningService } from '../../wire/local-process.ts';
import type { Logger } from '../../wire/logger.ts';
import { withoutSecrets } from '../../wire/without-secrets.ts';
import type { InvocationRecorder } from './invocations.ts';
import { pause } from './timer-trigger.ts';
import type { InvocationRequest, RetryPolicy, TypedData } from './worker-contract.ts';

/** The container that the Azure Functions runtime keeps its event hub checkpoints in. */
const CHECKPOINT_CONTAINER = 'azure-webjobs-eventhub';

export interface EventHubTrigger {
  readonly bindingName: string;
  readonly connectionString: string;
  readonly eventHubName: string;
  readonly consumerGroup: string;
  /** Whether a function gets a list of events, or one event. */
  readonly isBatch: boolean;
  readonly maxBatchSize: number;
  readonly retryPolicy: RetryPolicy | undefined;
  /** Storage account of the checkpoints. */
  readonly storageConnectionString: string;
  readonly target: InvocationRecorder;
  readonly log: Logger;
}

/** Starts reading from the checkpoints, or from the start of the hub; goes on until stopped. */
export async function startEventHubTrigger(trigger: EventHubTrigger): Promise<RunningService> {
  const container = new ContainerClient(trigger.storageConnectionString, CHECKPOINT_CONTAINER, {
    retryOptions: { maxTries: 3, retryDelayInMs: 200, maxRetryDelayInMs: 2_000 },
  });
  await container.createIfNotExists();
  const stopping = new AbortController();
  const checkpoints = new BlobCheckpointStore(container);
  const client = new EventHubConsumerClient(
    trigger.consumerGroup,
    trigger.connectionString,
    trigger.eventHubName,
    checkpoints,
    {
      loadBalancingOptions: { strategy: 'greedy', updateIntervalInMs: 2_000 },
      retryOptions: { maxRetries: 3, retryDelayInMs: 200, timeoutInMs: 5_000 },
    },
  );
  await releasePartitions(checkpoints, client, trigger.consumerGroup);
  const subscription = client.subscribe(
    {
      processEvents: (events, context) => process(trigger, events, context, stopping.signal),
      processError: async (error) => {
        const reason = withoutSecrets(error.message);
        trigger.log.warn({ reason }, 'reading the event hub failed, it is tried again');
      },
    },
    {
      startPosition: earliestEventPosition,
      maxBatchSize: trigger.maxBatchSize,
      maxWaitTimeInSeconds: 1,
    },
  );
  return {
    stop: async () => {
      stopping.abort();
      await subscription.close();
      await client.close();
    },
  };
}

/**
 * Takes the partitions from whoever owned them: a local system has one host, so an owner on record
 * is a host that was killed, and its claim would last a minute more.
 */
async function releasePartitions(
  checkpoints: BlobCheckpointStore,
  { fullyQualifiedNamespace, eventHubName }: EventHubConsumerClient,
  consumerGroup: string,
): Promise<void> {
  const owned = await checkpoints.listOwnership(
    fullyQualifiedNamespace,
    eventHubName,
    consumerGroup,
  );
  await checkpoints.claimOwnership(owned.map((ownership) => ({ ...ownership, ownerId: '' })));
}

async function process(
  trigger: EventHubTrigger,
  events: readonly ReceivedEventData[],
  context: PartitionContext,
  stopping: AbortSignal,
): Promise<void> {
  const batches = trigger.isBatch ? [events] : events.map((event) => [event]);
  for (const batch of batches) {
    const last = batch.at(-1);
    if (last === undefined || !(await invokeWithRetries(trigger, batch, context, stopping))) return;
    await (context as CheckpointingContext).updateCheckpoint(last);
  }
}

/** The context as the client passes it; its type is not the one that the package exports here. */
type CheckpointingContext = PartitionContext & {
  updateCheckpoint(event: ReceivedEventData): Promise<void>;
};

/** True when the events are done with; false when the host stopped before. */
async function invokeWithRetries(
  trigger: EventHubTrigger,
  events: readonly ReceivedEventData[],
  context: PartitionContext,
  stopping: AbortSignal,
): Promise<boolean> {
  const maxRetryCount = trigger.retryPolicy?.maxRetryCount ?? 0;
  for (let retryCount = 0; !stopping.aborted; retryCount += 1) {
    const request = requestOf(trigger, events, context);
    const retryContext = retryCount === 0 ? {} : { retryContext: { retryCount, maxRetryCount } };
    try {
      await trigger.target.invoke({ ...request, ...retryContext }, events.length);
      return true;
    } catch (error) {
      const reason = withoutSecrets(error instanceof Error ? error.message : String(error));
      if (maxRetryCount !== -1 && retryCount >= maxRetryCount) {
        trigger.log.error({ reason, events: events.length }, 'invocation failed, events lost');
        return true;
      }
      trigger.log.warn({ reason, retryCount }, 'invocation failed, it is repeated');
    }
    await pause(retryDelayMs(trigger.retryPolicy, retryCount), stopping);
  }
  return false;
}

function retryDelayMs(policy: RetryPolicy | undefined, retryCount: number): number {
  if (policy?.retryStrategy === 'fixedDelay') return (policy.delayInterval?.seconds ?? 1) * 1_000;
  const minimum = policy?.minimumInterval?.seconds ?? 1;
  const maximum = policy?.maximumInterval?.seconds ?? 60;
  return Math.min(minimum * 2 ** retryCount, maximum) * 1_000;
}

function requestOf(
  { bindingName, isBatch }: EventHubTrigger,
  events: readonly ReceivedEventData[],
  context: PartitionContext,
): Omit<InvocationRequest, 'invocationId'> {
  const texts = events.map(({ body }) => textOf(body));
  const data: TypedData = isBatch
    ? { collectionString: { string: texts } }
    : { string: texts[0] ?? '' };
  return {
    inputData: [{ name: bindingName, data }],
    triggerMetadata: metadataOf(events, context),
  };
}

/** The client parses JSON bodies; the runtime hands over their text. */
function textOf(body: unknown): string {
  if (typeof body === 'string') return body;
  if (body instanceof Uint8Array) return Buffer.from(body).toString('utf8');
  return JSON.stringify(body) ?? '';
}

/** As the Event Hubs extension names them. Source: learn.microsoft.com/azure/azure-functions/functions-bindings-event-hubs-trigger#event-metadata */
function metadataOf(
  events: readonly ReceivedEventData[],
  { partitionId, consumerGroup, eventHubName }: PartitionContext,
): Record<string, TypedData> {
  const json = (value: unknown): TypedData => ({ json: JSON.stringify(value) });
  return {
    PartitionContext: json({
      PartitionId: partitionId,
      ConsumerGroup: consumerGroup,
      EventHubName: eventHubName,
    }),
    SequenceNumberArray: json(events.map(({ sequenceNumber }) => sequenceNumber)),
    OffsetArray: json(events.map(({ offset }) => String(offset))),
    EnqueuedTimeUtcArray: json(events.map(({ enqueuedTimeUtc }) => enqueuedTimeUtc)),
    PropertiesArray: json(events.map(({ properties }) => properties ?? {})),
    SystemPropertiesArray: json(events.map(({ systemProperties }) => systemProperties ?? {})),
  };
}

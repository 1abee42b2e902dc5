/**
 * Reads one consumer group of an event hub with Microsoft's client.
 *
 * Invariants:
 * - messages of a partition reach the queue in order, none twice, whatever breaks in between;
 * - it goes on trying for ever.
 */
import {
  EventHubConsumerClient,
  earliestEventPosition,
  type EventPosition,
  type ReceivedEventData,
} from '@azure/event-hubs';
import type { EventQueue } from './event-queue.ts';
import { takeApart } from './received-message.ts';
import { describe, untilItWorks, type RetryContext } from './retry.ts';

const MAX_BATCH_SIZE = 500;
/** An empty batch this often says that the connection works. */
const MAX_WAIT_SECONDS = 2;
/** How long a status waits for the event hub. */
const ANSWER_WITHIN_MS = 1_000;
/** The client's own retries stay short: this class retries for ever. */
const RETRY_OPTIONS = { maxRetries: 1, retryDelayInMs: 100, timeoutInMs: 5_000 };

/** What an input needs to begin. */
export interface EventHubInputOptions {
  readonly alias: string;
  readonly consumerGroup: string;
  readonly connectionString: string;
  readonly queue: EventQueue;
  /** Last processed sequence number by partition; a partition without one starts at its beginning. */
  readonly positions: ReadonlyMap<string, number>;
  readonly now: () => number;
}

/** One input of a running job. */
export class EventHubInput {
  readonly alias: string;
  readonly #options: EventHubInputOptions;
  readonly #context: RetryContext;
  readonly #client: EventHubConsumerClient;
  /** Last sequence number put into the queue, by partition. */
  readonly #received: Map<string, number>;
  readonly #partitions: Promise<void>[] = [];
  #partitionIds: readonly string[] | undefined;

  constructor(options: EventHubInputOptions, context: RetryContext) {
    this.alias = options.alias;
    this.#options = options;
    this.#context = context;
    this.#received = new Map(options.positions);
    this.#client = new EventHubConsumerClient(options.consumerGroup, options.connectionString, {
      retryOptions: RETRY_OPTIONS,
    });
  }

  /** Begins to receive; resolves once the partitions are known. */
  async start(): Promise<void> {
    const ids = await untilItWorks(() => this.#client.getPartitionIds(), this.#context);
    this.#partitionIds = ids;
    for (const id of ids) this.#partitions.push(this.#receiveForEver(id));
  }

  /** Ends when the context's signal is aborted; resolves when the connection is closed. */
  async closed(): Promise<void> {
    await Promise.all(this.#partitions);
    await this.#client.close();
  }

  /** Messages in the event hub after `processed`; null while the event hub does not answer. */
  async backlog(processed: ReadonlyMap<string, number>): Promise<number | null> {
    if (this.#partitionIds === undefined) return null;
    const abortSignal = AbortSignal.timeout(ANSWER_WITHIN_MS);
    try {
      const counts = await Promise.all(
        this.#partitionIds.map(async (id) => {
          const { lastEnqueuedSequenceNumber: last, beginningSequenceNumber: first } =
            await this.#client.getPartitionProperties(id, { abortSignal });
          return Math.max(0, last - (processed.get(id) ?? first - 1));
        }),
      );
      return counts.reduce((sum, count) => sum + count, 0);
    } catch {
      return null;
    }
  }

  /** Each failure ends a subscription; the next begins after the last message received. */
  async #receiveForEver(partitionId: string): Promise<void> {
    try {
      await untilItWorks(() => this.#receiveUntilItFails(partitionId), this.#context);
    } catch (error) {
      if (!this.#context.signal.aborted) this.#context.report(describe(error));
    }
  }

  #receiveUntilItFails(partitionId: string): Promise<void> {
    return new Promise((resolve, reject) => {
      const { signal } = this.#context;
      const startPosition = this.#position(partitionId);
      const end = (): void => void subscription.close().then(resolve, resolve);
      const subscription = this.#client.subscribe(
        partitionId,
        {
          processEvents: async (events) => {
            this.#context.report(null);
            await this.#put(partitionId, events);
          },
          processError: async (error) => {
            signal.removeEventListener('abort', end);
            // The client must return from this handler before it can close.
            setImmediate(() => {
              void subscription.close().finally(() => reject(error));
            });
          },
        },
        {
          startPosition,
          maxBatchSize: MAX_BATCH_SIZE,
          maxWaitTimeInSeconds: MAX_WAIT_SECONDS,
          skipParsingBodyAsJson: true,
        },
      );
      signal.addEventListener('abort', end, { once: true });
    });
  }

  #position(partitionId: string): EventPosition {
    const sequenceNumber = this.#received.get(partitionId);
    return sequenceNumber === undefined
      ? earliestEventPosition
      : { sequenceNumber, isInclusive: false };
  }

  async #put(partitionId: string, events: readonly ReceivedEventData[]): Promise<void> {
    const { alias, queue, now } = this.#options;
    const last = this.#received.get(partitionId) ?? Number.NEGATIVE_INFINITY;
    const fresh = events.filter(({ sequenceNumber }) => sequenceNumber > last);
    const newest = fresh.at(-1);
    if (newest === undefined) return;
    const processedMs = now();
    const messages = fresh.map((event) => takeApart(event, { alias, partitionId }, processedMs));
    this.#received.set(partitionId, newest.sequenceNumber);
    await queue.put(messages);
  }
}

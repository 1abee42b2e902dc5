/**
 * Writes rows to an event hub, one event each, in batches.
 *
 * Invariants:
 * - rows with equal values of the partition key column keep their order;
 * - a row that the event hub can never take is the error policy's: the job waits and says so, or
 *   goes on without it.
 */
import { createHash } from 'node:crypto';
import { EventHubProducerClient, type EventData, type EventDataBatch } from '@azure/event-hubs';
import { groupBy } from '../core/group-by.ts';
import { fieldOf, toJsonText, type SqlRecord } from '../core/values.ts';
import type { LiveOutput } from './live-output.ts';
import { untilItWorks, type RetryContext } from './retry.ts';

/** What an event hub output needs. */
export interface EventHubOutputOptions {
  readonly connectionString: string;
  /** Column; null spreads rows evenly. */
  readonly partitionKey: string | null;
  /** What happens to a row that is larger than the event hub takes. */
  readonly errorPolicy: 'retry' | 'drop';
}

/** Writes with Microsoft's client. */
export class EventHubOutput implements LiveOutput {
  readonly #options: EventHubOutputOptions;
  readonly #context: RetryContext;
  readonly #producer: EventHubProducerClient;
  #partitionIds: readonly string[] | undefined;

  constructor(options: EventHubOutputOptions, context: RetryContext) {
    this.#options = options;
    this.#context = context;
    this.#producer = new EventHubProducerClient(options.connectionString, {
      retryOptions: { maxRetries: 1, retryDelayInMs: 100, timeoutInMs: 5_000 },
    });
  }

  async write(rows: readonly SqlRecord[]): Promise<void> {
    const ids = await this.#partitions();
    const byPartition = groupBy(rows.entries(), ([index, row]) => {
      return ids[this.#slotOf(row, index) % ids.length] ?? '0';
    });
    await Promise.all(
      [...byPartition].map(([id, entries]) =>
        this.#writePartition(
          id,
          entries.map(([, row]) => row),
        ),
      ),
    );
  }

  close(): Promise<void> {
    return this.#producer.close();
  }

  async #partitions(): Promise<readonly string[]> {
    this.#partitionIds ??= await untilItWorks(
      () => this.#producer.getPartitionIds({ abortSignal: this.#context.signal }),
      this.#context,
    );
    return this.#partitionIds;
  }

  #slotOf(row: SqlRecord, index: number): number {
    const { partitionKey } = this.#options;
    if (partitionKey === null) return index;
    const key = toJsonText(fieldOf(row, partitionKey));
    return createHash('sha256').update(key).digest().readUInt32BE(0);
  }

  async #writePartition(partitionId: string, rows: readonly SqlRecord[]): Promise<void> {
    const events = rows.map((row): EventData => ({
      body: Buffer.from(toJsonText(row)),
      contentType: 'application/json',
    }));
    let written = 0;
    while (written < events.length) {
      const batch = await this.#batch(partitionId);
      let filled = written;
      for (let event = events[filled]; event !== undefined && batch.tryAdd(event);) {
        filled += 1;
        event = events[filled];
      }
      if (filled === written) {
        await this.#misfit(events[filled]?.body.length);
        filled += 1;
      } else
        await untilItWorks(
          () => this.#producer.sendBatch(batch, { abortSignal: this.#context.signal }),
          this.#context,
        );
      written = filled;
    }
  }

  #misfit(bytes: number): Promise<void> {
    if (this.#options.errorPolicy === 'drop') return Promise.resolve();
    const error = new Error(`a row of ${bytes} bytes is larger than the event hub takes`);
    return untilItWorks(() => Promise.reject(error), this.#context);
  }

  #batch(partitionId: string): Promise<EventDataBatch> {
    return untilItWorks(
      () => this.#producer.createBatch({ partitionId, abortSignal: this.#context.signal }),
      this.#context,
    );
  }
}

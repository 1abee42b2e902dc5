/**
 * All receivers that read now, and who may read beside whom.
 *
 * Within a consumer group a receiver with an epoch (owner level) has its partition alone: it ends
 * receivers without or with a lower or equal epoch, and is refused while a higher one reads.
 * Without epochs up to five read side by side.
 * Source: learn.microsoft.com/azure/event-hubs/event-hubs-event-processor-host (epoch).
 */
import type { Connection, Session } from 'rhea';
import { linkStolen, quotaExceeded, type ServiceError } from './amqp-errors.ts';
import type { ConsumerLink } from './consumer-link.ts';

/** Receivers without epoch in one consumer group on one partition. */
const MAX_RECEIVERS = 5;

/** A receiver and the consumer group that it reads in. */
interface Reader {
  readonly consumerGroup: string;
  readonly link: ConsumerLink;
}

/** See the file comment. */
export class Consumers {
  readonly #byPartition = new Map<string, Set<Reader>>();

  /** Takes a receiver in, ending those it displaces; an error when it may not read. */
  admit(consumerGroup: string, link: ConsumerLink): ServiceError | undefined {
    const readers = this.#readersOf(link.place.hub, link.place.partitionId);
    const rivals = [...readers].filter((reader) => reader.consumerGroup === consumerGroup);
    const refusal = refuse(link, rivals);
    if (refusal !== undefined) return refusal;
    if (link.epoch !== undefined) {
      for (const rival of rivals) {
        readers.delete(rival);
        rival.link.close(
          linkStolen(
            `New receiver with epoch of '${link.epoch}' is created hence current receiver with ` +
              `epoch '${rival.link.epoch ?? 'none'}' is getting disconnected.`,
          ),
        );
      }
    }
    readers.add({ consumerGroup, link });
    return undefined;
  }

  /** Wakes the receivers of a partition. */
  wake(hub: string, partitionId: string): void {
    for (const { link } of this.#readersOf(hub, partitionId)) link.wake();
  }

  /** Forgets receivers whose link, session or connection has ended. */
  forget(ended: { readonly session?: Session; readonly connection?: Connection }): void {
    this.#forgetWhere(
      ({ link: { sender } }) =>
        (sender.session as Session) === ended.session || sender.connection === ended.connection,
    );
  }

  /** Forgets one receiver. */
  forgetLink(gone: ConsumerLink): void {
    this.#forgetWhere(({ link }) => link === gone);
  }

  #forgetWhere(isGone: (reader: Reader) => boolean): void {
    for (const readers of this.#byPartition.values()) {
      for (const reader of readers) {
        if (!isGone(reader)) continue;
        reader.link.forget();
        readers.delete(reader);
      }
    }
  }

  #readersOf(hub: string, partitionId: string): Set<Reader> {
    const key = `${hub}/${partitionId}`;
    const readers = this.#byPartition.get(key) ?? new Set();
    this.#byPartition.set(key, readers);
    return readers;
  }
}

function refuse(link: ConsumerLink, rivals: readonly Reader[]): ServiceError | undefined {
  const epochs = rivals.map((rival) => rival.link.epoch).filter((epoch) => epoch !== undefined);
  const highest = Math.max(...epochs);
  if (link.epoch === undefined && epochs.length > 0) {
    return linkStolen(
      `At least one receiver for the endpoint is created with epoch of '${highest}', and so ` +
        'non-epoch receiver is not allowed. Either reconnect with a higher epoch, or make sure ' +
        'all epochs are closed or disconnected.',
    );
  }
  if (link.epoch !== undefined && highest > link.epoch) {
    return linkStolen(
      `Receiver with a higher epoch of '${highest}' already exists. ` +
        `Receiver with epoch ${link.epoch} cannot be created.`,
    );
  }
  if (link.epoch === undefined && rivals.length >= MAX_RECEIVERS) {
    return quotaExceeded(
      `Exceeded the maximum number of allowed receivers per partition in a consumer group which is ${MAX_RECEIVERS}.`,
    );
  }
  return undefined;
}

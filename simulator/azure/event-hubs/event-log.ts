/**
 * The partitioned, durable log of all event hubs, in one SQLite database.
 *
 * Invariants:
 * - an append that was resolved is on disk and survives kill -9 and power loss;
 * - sequence numbers are as `partition-store.ts` promises, also across restarts;
 * - the events of one append are neighbours in one partition and become readable together;
 * - events with one partition key are in one partition, in the order of their appends.
 */
import { GroupCommit, openDatabase, type Database } from '../../wire/database.ts';
import {
  decodeEvent,
  encodeEvent,
  withPartitionKey,
  type DeliverableEvent,
  type EncodedEvent,
  type NewEvent,
  type StoredEvent,
} from './event.ts';
import type { EventHubDefinition } from './namespace.ts';
import { partitionOfKey } from './partition-key.ts';
import { MIGRATIONS, PartitionStore, type PartitionState } from './partition-store.ts';

export type { NewEvent, StoredEvent } from './event.ts';

/** An event hub as it can be asked about. */
export interface HubInfo extends EventHubDefinition {
  readonly partitionIds: readonly string[];
  readonly createdMs: number;
}

/** Where to append; undefined lets the log take the partitions in turn. */
export type AppendTarget =
  { readonly partitionKey: string } | { readonly partitionId: string } | undefined;

/** A hub or partition that does not exist. */
export class EntityNotFoundError extends Error {
  override readonly name = 'EntityNotFoundError';
  readonly code = 'ENTITY_NOT_FOUND';
}

export interface EventLogOptions {
  /** Events older than this are trimmed; 7 days unless told otherwise. */
  readonly retentionMs?: number;
  /** The clock, epoch milliseconds. */
  readonly now?: () => number;
}

const DAY_MS = 86_400_000;
const TRIM_INTERVAL_MS = 3_600_000;
/** Events per transaction of the trimming, so that it never holds up appends for long. */
const TRIM_CHUNK = 2_000;

/**
 * Opens the log at `path`, makes the partitions that are missing and begins to trim what expires.
 *
 * @throws DamagedDatabaseError when the file cannot be used
 */
export function openEventLog(
  path: string,
  hubs: readonly EventHubDefinition[],
  options: EventLogOptions = {},
): EventLog {
  const log = new EventLog(openDatabase(path, MIGRATIONS), hubs, options);
  log.beginTrimming();
  return log;
}

interface Hub {
  readonly info: HubInfo;
  /** Numbers of its partitions, in the order of their ids. */
  readonly partitions: readonly number[];
  nextInTurn: number;
}

/** See the invariants above. */
export class EventLog {
  readonly #database: Database;
  readonly #commits: GroupCommit;
  readonly #store: PartitionStore;
  readonly #hubs: ReadonlyMap<string, Hub>;
  readonly #listeners = new Set<(hub: string, partitionId: string) => void>();
  readonly #retentionMs: number;
  readonly #now: () => number;
  #trimming: Promise<void> = Promise.resolve();
  #trimTimer: NodeJS.Timeout | undefined;
  #closing = false;

  constructor(
    database: Database,
    hubs: readonly EventHubDefinition[],
    { retentionMs = 7 * DAY_MS, now = Date.now }: EventLogOptions,
  ) {
    this.#database = database;
    this.#commits = new GroupCommit(database);
    this.#store = new PartitionStore(database);
    this.#retentionMs = retentionMs;
    this.#now = now;
    const made = hubs.map((hub) => [hub.name, ensureHub(this.#store, hub, now())] as const);
    this.#hubs = new Map(made);
  }

  /**
   * Appends `events` together to one partition; resolved when they are on disk.
   *
   * @throws EntityNotFoundError when there is no such hub or partition
   */
  async append(hub: string, target: AppendTarget, events: readonly NewEvent[]): Promise<void> {
    const encoded = events.map(encodeEvent);
    const keyed =
      target !== undefined && 'partitionKey' in target
        ? encoded.map((event) => withPartitionKey(event, target.partitionKey))
        : encoded;
    await this.appendEncoded(hub, target, keyed);
  }

  /** As `append`, for events that are encoded already and name their partition key themselves. */
  async appendEncoded(
    hubName: string,
    target: AppendTarget,
    events: readonly EncodedEvent[],
  ): Promise<void> {
    const hub = this.#hub(hubName);
    const partitionId = choosePartition(hub, target);
    const partition = this.#partition(hubName, partitionId);
    if (events.length === 0) return;
    await this.#commits.run(() => this.#store.append(partition, events, this.#now()));
    for (const listener of this.#listeners) listener(hubName, partitionId);
  }

  /** Events of a partition after a sequence number (-1: from the oldest), at most `limit`. */
  read(
    hub: string,
    partitionId: string,
    afterSequenceNumber: number,
    limit: number,
  ): StoredEvent[] {
    const events: StoredEvent[] = [];
    let after = afterSequenceNumber;
    while (events.length < limit) {
      const page = this.readPage(hub, partitionId, after, limit - events.length);
      if (page.length === 0) break;
      for (const event of page) events.push(decodeEvent(event));
      after = page.at(-1)?.sequenceNumber ?? after;
    }
    return events;
  }

  /** Encoded events after a sequence number: at most `limit` and about a mebibyte. */
  readPage(
    hub: string,
    partitionId: string,
    afterSequenceNumber: number,
    limit: number,
  ): DeliverableEvent[] {
    return this.#store.page(this.#partition(hub, partitionId), afterSequenceNumber, limit);
  }

  /** Sequence number of the first event enqueued after an instant; of the next one when none was. */
  firstSequenceNumberAfter(hub: string, partitionId: string, enqueuedMs: number): number {
    return this.#store.firstSequenceNumberAfter(this.#partition(hub, partitionId), enqueuedMs);
  }

  /** What a partition holds now. */
  partition(hub: string, partitionId: string): PartitionState {
    return this.#store.state(this.#partition(hub, partitionId));
  }

  /** The event hub of that name, or undefined when there is none. */
  findHub(name: string): HubInfo | undefined {
    return this.#hubs.get(name)?.info;
  }

  /** All event hubs. */
  hubs(): HubInfo[] {
    return [...this.#hubs.values()].map(({ info }) => info);
  }

  /** Calls `listener` after each append with what was appended to; returns how to stop that. */
  onAppended(listener: (hub: string, partitionId: string) => void): () => void {
    this.#listeners.add(listener);
    return () => void this.#listeners.delete(listener);
  }

  /** Trims now and every hour until `close`. */
  beginTrimming(): void {
    const trim = () => {
      this.#trimming = this.trim();
    };
    this.#trimTimer = setInterval(trim, TRIM_INTERVAL_MS).unref();
    trim();
  }

  /** Deletes what is older than the retention. */
  async trim(): Promise<void> {
    const expiredMs = this.#now() - this.#retentionMs;
    for (const { partitions } of this.#hubs.values()) {
      for (const partition of partitions) await this.#trimPartition(partition, expiredMs);
    }
  }

  async #trimPartition(partition: number, expiredMs: number): Promise<void> {
    const end = this.#store.firstSequenceNumberAfter(partition, expiredMs);
    while (!this.#closing && this.#store.state(partition).beginSequenceNumber < end) {
      await this.#commits.run(() => this.#store.deleteOldest(partition, end, TRIM_CHUNK));
    }
  }

  /** Waits for appends under way and closes the database. */
  async close(): Promise<void> {
    if (this.#closing) return;
    this.#closing = true;
    clearInterval(this.#trimTimer);
    await this.#trimming;
    await this.#commits.run(() => undefined);
    this.#database.close();
  }

  #hub(name: string): Hub {
    const hub = this.#hubs.get(name);
    if (hub === undefined) throw new EntityNotFoundError(`There is no event hub '${name}'.`);
    return hub;
  }

  #partition(hubName: string, partitionId: string): number {
    const hub = this.#hub(hubName);
    const number = hub.partitions[hub.info.partitionIds.indexOf(partitionId)];
    if (number !== undefined) return number;
    throw new EntityNotFoundError(`The event hub '${hubName}' has no partition '${partitionId}'.`);
  }
}

function ensureHub(store: PartitionStore, definition: EventHubDefinition, nowMs: number): Hub {
  const partitionIds = Array.from({ length: definition.partitionCount }, (_, index) =>
    String(index),
  );
  const made = partitionIds.map((id) => store.ensure(definition.name, id, nowMs));
  const createdMs = Math.min(...made.map((partition) => partition.createdMs));
  return {
    info: { ...definition, partitionIds, createdMs },
    partitions: made.map(({ number }) => number),
    nextInTurn: 0,
  };
}

function choosePartition(hub: Hub, target: AppendTarget): string {
  if (target === undefined) {
    hub.nextInTurn = (hub.nextInTurn + 1) % hub.partitions.length;
    return String(hub.nextInTurn);
  }
  if ('partitionId' in target) return target.partitionId;
  return String(partitionOfKey(target.partitionKey, hub.partitions.length));
}

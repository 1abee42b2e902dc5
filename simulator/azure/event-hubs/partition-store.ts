/**
 * The events of all partitions in one SQLite table.
 *
 * An event's key is its position: the number of its partition times 2^40 plus its sequence number.
 * So the events of a partition are neighbours on disk, and are found without a second index.
 * Methods that write must run inside a transaction.
 *
 * Invariants:
 * - the sequence numbers of a partition count up from 0 by one, without a hole or a repeat,
 *   whatever was rolled back or trimmed;
 * - enqueued times of a partition never go back, even when the machine's clock does.
 */
import type { Database, Statement } from '../../wire/database.ts';
import { offsetOf, type DeliverableEvent, type EncodedEvent, type PartitionEnd } from './event.ts';

/** What a partition holds. */
export interface PartitionState extends PartitionEnd {
  /** Sequence number of the oldest event that is kept, or of the next one when none is. */
  readonly beginSequenceNumber: number;
}

/** The schema, one script per version. */
export const MIGRATIONS: readonly string[] = [
  `CREATE TABLE partitions (
     number INTEGER PRIMARY KEY,
     hub TEXT NOT NULL,
     partition_id TEXT NOT NULL,
     created_ms INTEGER NOT NULL,
     last_sequence_number INTEGER NOT NULL DEFAULT -1,
     last_enqueued_ms INTEGER NOT NULL DEFAULT 0,
     UNIQUE (hub, partition_id)
   );
   CREATE TABLE events (
     position INTEGER PRIMARY KEY,
     enqueued_ms INTEGER NOT NULL,
     annotations BLOB NOT NULL,
     bare_message BLOB NOT NULL
   );`,
];

const POSITIONS_PER_PARTITION = 2 ** 40;
/** Bytes of events in one page that is read, unless a single event is larger. */
const PAGE_BYTES = 1_048_576;

interface EventRow {
  readonly position: number;
  readonly enqueued_ms: number;
  readonly annotations: Buffer;
  readonly bare_message: Buffer;
}

/** See the invariants above. */
export class PartitionStore {
  readonly #statements: ReturnType<typeof prepareStatements>;

  constructor(database: Database) {
    this.#statements = prepareStatements(database);
  }

  /** Makes the partition when it is missing; returns its number and when it was made. */
  ensure(hub: string, partitionId: string, nowMs: number): { number: number; createdMs: number } {
    this.#statements.ensure.run(hub, partitionId, nowMs);
    const row = this.#statements.find.get(hub, partitionId) as {
      number: number;
      created_ms: number;
    };
    return { number: row.number, createdMs: row.created_ms };
  }

  /** Appends `events` under the next sequence numbers. */
  append(partition: number, events: readonly EncodedEvent[], nowMs: number): void {
    const { take, insert } = this.#statements;
    const taken = take.get(events.length, nowMs, partition) as {
      last_sequence_number: number;
      last_enqueued_ms: number;
    };
    const first = basePosition(partition) + taken.last_sequence_number - events.length + 1;
    for (const [index, { annotations, bareMessage }] of events.entries()) {
      insert.run(first + index, taken.last_enqueued_ms, annotations, bareMessage);
    }
  }

  /** A page of events after a sequence number: at most `limit` and about a mebibyte. */
  page(partition: number, afterSequenceNumber: number, limit: number): DeliverableEvent[] {
    const base = basePosition(partition);
    const rows = this.#statements.page.iterate(
      base + Math.max(-1, afterSequenceNumber),
      base + POSITIONS_PER_PARTITION,
      limit,
    ) as IterableIterator<EventRow>;
    const page: DeliverableEvent[] = [];
    let bytes = 0;
    for (const row of rows) {
      page.push({
        sequenceNumber: row.position - base,
        enqueuedMs: row.enqueued_ms,
        annotations: row.annotations,
        bareMessage: row.bare_message,
      });
      bytes += row.annotations.length + row.bare_message.length;
      if (bytes >= PAGE_BYTES) break;
    }
    return page;
  }

  /** What the partition holds now. */
  state(partition: number): PartitionState {
    const base = basePosition(partition);
    const range = [base, base + POSITIONS_PER_PARTITION];
    const row = this.#statements.state.get(...range, partition) as {
      oldest: number | null;
      last_sequence_number: number;
      last_enqueued_ms: number;
    };
    return {
      beginSequenceNumber: row.oldest === null ? row.last_sequence_number + 1 : row.oldest - base,
      lastSequenceNumber: row.last_sequence_number,
      lastOffset: offsetOf(row.last_sequence_number),
      lastEnqueuedMs: row.last_enqueued_ms,
    };
  }

  /**
   * Sequence number of the first event enqueued after an instant; of the next one when none was.
   *
   * Enqueued times do not go back and sequence numbers have no hole: a binary search finds it.
   */
  firstSequenceNumberAfter(partition: number, enqueuedMs: number): number {
    const { beginSequenceNumber, lastSequenceNumber } = this.state(partition);
    const base = basePosition(partition);
    let low = beginSequenceNumber;
    let high = lastSequenceNumber + 1;
    while (low < high) {
      const middle = Math.floor((low + high) / 2);
      const row = this.#statements.enqueued.get(base + middle) as { enqueued_ms: number };
      if (row.enqueued_ms > enqueuedMs) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** Deletes the oldest `limit` events at most, of those before `endSequenceNumber`. */
  deleteOldest(partition: number, endSequenceNumber: number, limit: number): void {
    const { beginSequenceNumber } = this.state(partition);
    const base = basePosition(partition);
    const end = Math.min(endSequenceNumber, beginSequenceNumber + limit);
    this.#statements.deleteRange.run(base + beginSequenceNumber, base + end);
  }
}

function basePosition(partition: number): number {
  return partition * POSITIONS_PER_PARTITION;
}

function prepareStatements(
  database: Database,
): Record<
  'ensure' | 'find' | 'take' | 'insert' | 'page' | 'enqueued' | 'state' | 'deleteRange',
  Statement
> {
  return {
    ensure: database.prepare(
      'INSERT OR IGNORE INTO partitions (hub, partition_id, created_ms) VALUES (?, ?, ?)',
    ),
    find: database.prepare(
      'SELECT number, created_ms FROM partitions WHERE hub = ? AND partition_id = ?',
    ),
    take: database.prepare(
      `UPDATE partitions SET last_sequence_number = last_sequence_number + ?,
         last_enqueued_ms = max(last_enqueued_ms, ?) WHERE number = ?
       RETURNING last_sequence_number, last_enqueued_ms`,
    ),
    insert: database.prepare('INSERT INTO events VALUES (?, ?, ?, ?)'),
    page: database.prepare(
      'SELECT * FROM events WHERE position > ? AND position < ? ORDER BY position LIMIT ?',
    ),
    enqueued: database.prepare('SELECT enqueued_ms FROM events WHERE position = ?'),
    state: database.prepare(
      `SELECT (SELECT min(position) FROM events WHERE position >= ? AND position < ?) AS oldest,
         last_sequence_number, last_enqueued_ms FROM partitions WHERE number = ?`,
    ),
    deleteRange: database.prepare('DELETE FROM events WHERE position >= ? AND position < ?'),
  };
}

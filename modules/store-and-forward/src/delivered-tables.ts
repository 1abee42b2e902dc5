/** The tables of delivered messages: those collected lately, and blocks of them. */
import { z } from 'zod';
import type { Database, Statement } from '../../shared/src/database.ts';
import { stored } from '../../shared/src/stored.ts';
import { MessageKind } from '../../shared/src/wire-contract.ts';
import type { DeliveredMessage } from './delivered-block.ts';
import type { Period } from './delivered-period.ts';

/** Until a block is packed, its period is not known and may be any. */
export const DELIVERED_SCHEMA = `
  CREATE TABLE delivered (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    from_ms INTEGER NOT NULL,
    to_ms INTEGER NOT NULL,
    messages INTEGER NOT NULL,
    bytes INTEGER NOT NULL,
    stored_ms INTEGER NOT NULL,
    is_packed INTEGER NOT NULL,
    content BLOB NOT NULL
  );
  CREATE INDEX delivered_by_time ON delivered (kind, to_ms, from_ms, messages, bytes);
  CREATE INDEX delivered_unpacked ON delivered (kind, row) WHERE is_packed = 0;
  CREATE TABLE delivered_lately (
    row INTEGER PRIMARY KEY AUTOINCREMENT,
    kind TEXT NOT NULL,
    message_id TEXT NOT NULL,
    body TEXT NOT NULL
  );
  CREATE INDEX delivered_lately_by_kind ON delivered_lately (kind, row);
`;

/** What is to be sent again. */
export interface Selection extends Period {
  readonly kinds: readonly MessageKind[];
}

/** A block to be written. */
export interface NewBlock extends Period {
  readonly kind: MessageKind;
  readonly messages: number;
  readonly storedMs: number;
  readonly content: Buffer;
}

const BlockRow = z.object({
  row: z.int(),
  kind: MessageKind,
  messages: z.int(),
  bytes: z.int(),
  storedMs: z.number(),
  content: z.instanceof(Buffer),
});
/** A block as it is stored. */
export type BlockRow = z.infer<typeof BlockRow>;

const Sums = z.object({ blocks: z.int(), messages: z.int(), bytes: z.int() });
/** How much there is. */
export type Sums = z.infer<typeof Sums>;

const LatelyRow = z.object({ messageId: z.string(), body: z.string() });
const LatelySums = z.object({ kind: MessageKind, messages: z.int(), bytes: z.int() });
const Gone = z.object({ messages: z.int(), bytes: z.int() });

const COLUMNS = 'row, kind, messages, bytes, stored_ms AS storedMs, content';
const OF_KINDS = 'kind IN (SELECT value FROM json_each(?))';
/** The file is made of pages, and a block has the last one to itself, mostly; bytes. */
const PAGE_BYTES = 4_096;

export class DeliveredTables {
  readonly #database: Database;
  readonly #insert: Statement;
  readonly #update: Statement;
  readonly #remove: Statement;
  readonly #removeOldest: Statement;
  readonly #oldest: Statement;
  readonly #next: Statement;
  readonly #unpacked: Statement;
  readonly #collect: Statement;
  readonly #lately: Statement;
  readonly #clear: Statement;
  #sums: Sums;

  constructor(database: Database) {
    this.#database = database;
    this.#insert = database.prepare(
      `INSERT INTO delivered (kind, from_ms, to_ms, messages, bytes, stored_ms, is_packed, content)
       VALUES (?, ?, ?, ?, ?, ?, 0, ?)`,
    );
    this.#update = database.prepare(
      `UPDATE delivered SET from_ms = ?, to_ms = ?, messages = ?, bytes = ?, content = ?, is_packed = 1
       WHERE row = ?`,
    );
    this.#remove = database.prepare(
      'DELETE FROM delivered WHERE row = ? RETURNING messages, bytes',
    );
    this.#removeOldest = database.prepare(
      `DELETE FROM delivered WHERE row IN (SELECT row FROM delivered ORDER BY row LIMIT ?)
       RETURNING messages, bytes`,
    );
    this.#oldest = database.prepare('SELECT stored_ms FROM delivered ORDER BY row LIMIT 1').pluck();
    this.#next = database.prepare(
      `SELECT ${COLUMNS} FROM delivered
       WHERE row > ? AND row <= ? AND from_ms <= ? AND to_ms >= ? AND ${OF_KINDS}
       ORDER BY row LIMIT 1`,
    );
    this.#unpacked = database.prepare(
      `SELECT ${COLUMNS} FROM delivered WHERE is_packed = 0 AND kind = ? ORDER BY row LIMIT ?`,
    );
    this.#collect = database.prepare(
      'INSERT INTO delivered_lately (kind, message_id, body) VALUES (?, ?, ?)',
    );
    this.#lately = database.prepare(
      'SELECT message_id AS messageId, body FROM delivered_lately WHERE kind = ? ORDER BY row',
    );
    this.#clear = database.prepare('DELETE FROM delivered_lately WHERE kind = ?');
    this.#sums = stored(
      Sums,
      database
        .prepare(
          `SELECT COUNT(*) AS blocks, COALESCE(SUM(messages), 0) AS messages,
             COALESCE(SUM(bytes), 0) AS bytes FROM delivered`,
        )
        .get(),
    );
  }

  /** All blocks together. */
  get sums(): Sums {
    return this.#sums;
  }

  /** When the oldest block was stored, epoch milliseconds. */
  get oldestMs(): number | undefined {
    const atMs: unknown = this.#oldest.get();
    return typeof atMs === 'number' ? atMs : undefined;
  }

  /** Row of the newest block, 0 without one. */
  get newestRow(): number {
    return Number(this.#database.prepare('SELECT MAX(row) FROM delivered').pluck().get() ?? 0);
  }

  /** How much is collected of each kind that there is something of. */
  latelySums(): { kind: MessageKind; messages: number; bytes: number }[] {
    return this.#database
      .prepare(
        `SELECT kind, COUNT(*) AS messages, SUM(LENGTH(CAST(body AS BLOB))) AS bytes
         FROM delivered_lately GROUP BY kind`,
      )
      .all()
      .map((row) => stored(LatelySums, row));
  }

  collect(kind: MessageKind, { messageId, body }: DeliveredMessage): void {
    this.#collect.run(kind, messageId, body);
  }

  lately(kind: MessageKind): DeliveredMessage[] {
    return this.#lately.all(kind).map((row) => stored(LatelyRow, row));
  }

  clearLately(kind: MessageKind): void {
    this.#clear.run(kind);
  }

  add({ kind, fromMs, toMs, messages, storedMs, content }: NewBlock): void {
    const bytes = diskBytes(content);
    this.#insert.run(kind, fromMs, toMs, messages, bytes, storedMs, content);
    this.#count({ blocks: 1, messages, bytes });
  }

  /** Puts a packed block in the place of some that were not; they share the first one's row. */
  replace(old: readonly BlockRow[], { fromMs, toMs, messages, content }: NewBlock): void {
    const [first, ...others] = old;
    if (first === undefined) return;
    const bytes = diskBytes(content);
    this.#update.run(fromMs, toMs, messages, bytes, content, first.row);
    this.#count({ blocks: 0, messages: messages - first.messages, bytes: bytes - first.bytes });
    for (const { row } of others) this.remove(row);
  }

  remove(row: number): void {
    this.#forget(this.#remove.all(row));
  }

  /** Removes so many of the oldest blocks. */
  removeOldest(limit: number): void {
    this.#forget(this.#removeOldest.all(limit));
  }

  /** The oldest blocks of a kind that are not packed. */
  unpacked(kind: MessageKind, limit: number): BlockRow[] {
    return this.#unpacked.all(kind, limit).map((row) => stored(BlockRow, row));
  }

  /** The next block between two rows that may have something of a selection. */
  next(selection: Selection, afterRow: number, untilRow: number): BlockRow | undefined {
    const { fromMs, toMs, kinds } = selection;
    const found = this.#next.get(afterRow, untilRow, toMs, fromMs, JSON.stringify(kinds));
    return found === undefined ? undefined : stored(BlockRow, found);
  }

  /** Messages of the blocks that lie in a selection as a whole. */
  messagesInside({ fromMs, toMs, kinds }: Selection): number {
    const sum = this.#database.prepare(
      `SELECT COALESCE(SUM(messages), 0) FROM delivered
       WHERE to_ms >= ? AND to_ms <= ? AND from_ms >= ? AND ${OF_KINDS}`,
    );
    return Number(sum.pluck().get(fromMs, toMs, fromMs, JSON.stringify(kinds)));
  }

  /** The blocks that lie across a selection's borders. */
  *across({ fromMs, toMs, kinds }: Selection): Generator<BlockRow> {
    const rows = this.#database.prepare(
      `SELECT ${COLUMNS} FROM delivered
       WHERE to_ms >= ? AND from_ms <= ? AND (from_ms < ? OR to_ms > ?) AND ${OF_KINDS}`,
    );
    for (const row of rows.iterate(fromMs, toMs, fromMs, toMs, JSON.stringify(kinds))) {
      yield stored(BlockRow, row);
    }
  }

  #forget(rows: readonly unknown[]): void {
    for (const row of rows) {
      const { messages, bytes } = stored(Gone, row);
      this.#count({ blocks: -1, messages: -messages, bytes: -bytes });
    }
  }

  #count({ blocks, messages, bytes }: Sums): void {
    const known = this.#sums;
    this.#sums = {
      blocks: known.blocks + blocks,
      messages: known.messages + messages,
      bytes: known.bytes + bytes,
    };
  }
}

function diskBytes(content: Buffer): number {
  return Math.ceil(content.length / PAGE_BYTES) * PAGE_BYTES;
}

/**
 * Messages that were decided and not yet acknowledged by edgeHub.
 *
 * Invariants:
 * - a message is kept until edgeHub has acknowledged it, also across a restart;
 * - messages of one priority are read in the order in which they were appended;
 * - a row number is never used again.
 */
import { z } from 'zod';
import type { Database, Statement } from './database.ts';
import type { OutputMessage } from './edge-client.ts';
import { stored } from './stored.ts';

/** A message for the outbox; priority 0 leaves first. */
export interface OutboxMessage extends OutputMessage {
  readonly priority: number;
}

/** A message as it lies in the outbox. */
export interface OutboxEntry extends OutboxMessage {
  readonly row: number;
  readonly bytes: number;
}

const Row = z.object({
  row: z.int(),
  priority: z.int(),
  output: z.string(),
  messageId: z.string(),
  properties: z
    .string()
    .transform((text) => z.record(z.string(), z.string()).parse(JSON.parse(text))),
  body: z.string(),
  bytes: z.int(),
});

const Totals = z.object({ rows: z.int(), bytes: z.int() });
const Newest = z.object({ priority: z.int(), row: z.int() });

export class Outbox {
  readonly #insert: Statement;
  readonly #remove: Statement;
  readonly #select: Statement;
  readonly #oldest: Statement;
  readonly #selectOlder: Statement;
  readonly #count: Statement;
  /** By priority, the row that was appended last: what lies behind it need not be looked for on disk. */
  readonly #newest: Map<number, number>;
  #rows: number;
  #bytes: number;

  constructor(database: Database) {
    this.#insert = database.prepare(
      `INSERT INTO outbox (priority, output, message_id, properties, body, bytes, appended_ms)
       VALUES (?, ?, ?, ?, ?, ?, ?)`,
    );
    this.#remove = database.prepare('DELETE FROM outbox WHERE row = ?');
    this.#select = database.prepare(
      `SELECT row, priority, output, message_id AS messageId, properties, body, bytes FROM outbox
       WHERE priority = ? AND row > ? ORDER BY row LIMIT ?`,
    );
    this.#selectOlder = database.prepare(
      `SELECT row, priority, output, message_id AS messageId, properties, body, bytes FROM outbox
       WHERE priority = ? AND appended_ms < ? ORDER BY row LIMIT ? OFFSET ?`,
    );
    this.#count = database.prepare('SELECT COUNT(*) FROM outbox WHERE priority = ?').pluck();
    this.#oldest = database.prepare('SELECT appended_ms FROM outbox ORDER BY row LIMIT 1').pluck();
    const totals = stored(
      Totals,
      database
        .prepare('SELECT COUNT(*) AS rows, COALESCE(SUM(bytes), 0) AS bytes FROM outbox')
        .get(),
    );
    this.#rows = totals.rows;
    this.#bytes = totals.bytes;
    const newest = database
      .prepare('SELECT priority, MAX(row) AS row FROM outbox GROUP BY priority')
      .all()
      .map((found) => stored(Newest, found));
    this.#newest = new Map(newest.map(({ priority, row }) => [priority, row]));
  }

  get rows(): number {
    return this.#rows;
  }

  /** Bytes of the messages, properties included. */
  get bytes(): number {
    return this.#bytes;
  }

  /** When the oldest message was appended, epoch milliseconds. */
  get oldestMs(): number | undefined {
    const atMs: unknown = this.#oldest.get();
    return typeof atMs === 'number' ? atMs : undefined;
  }

  /** Adds a message, inside the caller's transaction. */
  append(message: OutboxMessage, nowMs: number): void {
    const { priority, output, messageId, body } = message;
    const properties = JSON.stringify(message.properties);
    const bytes = Buffer.byteLength(body) + Buffer.byteLength(properties) + messageId.length;
    const row = [priority, output, messageId, properties, body, bytes, nowMs];
    const { lastInsertRowid } = this.#insert.run(...row);
    this.#newest.set(priority, Number(lastInsertRowid));
    this.#rows += 1;
    this.#bytes += bytes;
  }

  /** The messages of a priority after a row, oldest first. */
  peek(priority: number, afterRow: number, limit: number): OutboxEntry[] {
    if (afterRow >= (this.#newest.get(priority) ?? 0)) return [];
    return this.#select.all(priority, afterRow, limit).map((row) => stored(Row, row));
  }

  /** The messages of a priority appended before an instant, oldest first, without the first `skip`. */
  peekOlder(
    priority: number,
    beforeMs: number,
    { skip, limit }: { readonly skip: number; readonly limit: number },
  ): OutboxEntry[] {
    return this.#selectOlder.all(priority, beforeMs, limit, skip).map((row) => stored(Row, row));
  }

  /** How many messages of a priority wait. */
  countOf(priority: number): number {
    return Number(this.#count.get(priority));
  }

  /**
   * Forgets messages, inside the caller's transaction.
   *
   * @returns those that were still there: what was sent twice is acknowledged twice
   */
  remove(entries: readonly OutboxEntry[]): OutboxEntry[] {
    const removed = entries.filter(({ row }) => this.#remove.run(row).changes > 0);
    for (const { bytes } of removed) {
      this.#rows -= 1;
      this.#bytes -= bytes;
    }
    return removed;
  }
}

/**
 * What the virtual meters sent, compressed, for whoever must know it exactly: the proof's oracle.
 *
 * Invariants:
 * - a reading is in the journal once, committed together with the message that carries it first;
 * - the journal takes no more bytes than it may; past that the oldest messages are forgotten.
 */
import { deflateRawSync } from 'node:zlib';
import { z } from 'zod';
import type { Database, Statement } from '../../shared/src/database.ts';
import { stored } from '../../shared/src/stored.ts';
import type { Reading } from '../../shared/src/wire-contract.ts';
import type { Injection } from './core/reading-generator.ts';

export const JOURNAL_SCHEMA = `
  CREATE TABLE journal (
    first_number INTEGER PRIMARY KEY,
    readings INTEGER NOT NULL,
    content BLOB NOT NULL
  );
`;

/** What lies in a row, as JSON, deflated without a header. */
export interface JournalContent {
  readonly readings: readonly Reading[];
  /** Injected anomalies by the position of their reading. */
  readonly injected: Readonly<Record<string, Injection>>;
}

/** What the database needs for a row beyond its content, bytes. */
const ROW_BYTES = 32;
/** The quickest: the readings of a message are much alike. */
const COMPRESSION = { level: 1 };

const Total = z.object({ bytes: z.int() });
const Oldest = z.object({ firstNumber: z.int(), bytes: z.int() });

export class Journal {
  readonly #insert: Statement;
  readonly #oldest: Statement;
  readonly #remove: Statement;
  #bytes: number;

  constructor(database: Database) {
    this.#insert = database.prepare('INSERT INTO journal VALUES (?, ?, ?)');
    this.#oldest = database.prepare(
      `SELECT first_number AS firstNumber, LENGTH(content) + ${ROW_BYTES} AS bytes
       FROM journal ORDER BY first_number LIMIT 1`,
    );
    this.#remove = database.prepare('DELETE FROM journal WHERE first_number = ?');
    this.#bytes = stored(
      Total,
      database
        .prepare(`SELECT COALESCE(SUM(LENGTH(content) + ${ROW_BYTES}), 0) AS bytes FROM journal`)
        .get(),
    ).bytes;
  }

  /** Bytes that the journal takes, but for the database's own. */
  get bytes(): number {
    return this.#bytes;
  }

  /** Adds what one message carries, numbered from `firstNumber` on. */
  add(firstNumber: number, content: JournalContent, mostBytes: number): void {
    const bytes = deflateRawSync(JSON.stringify(content), COMPRESSION);
    this.#insert.run(firstNumber, content.readings.length, bytes);
    this.#bytes += bytes.length + ROW_BYTES;
    while (this.#bytes > mostBytes) {
      const oldest = stored(Oldest, this.#oldest.get());
      this.#remove.run(oldest.firstNumber);
      this.#bytes -= oldest.bytes;
    }
  }
}

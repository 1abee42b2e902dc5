/**
 * Input that could not be used, with the reason, for a person to look at.
 *
 * Invariants:
 * - the quarantine never holds more than its limits, in entries and in bytes: the oldest make room;
 * - an entry never holds more than a limited part of the message.
 */
import { z } from 'zod';
import type { Database, Statement } from './database.ts';
import { stored } from './stored.ts';

const MOST_ENTRIES = 1_000;
const MOST_BYTES = 1_048_576;
const MOST_CHARACTERS = 4_096;
const MOST_REASON_CHARACTERS = 300;

export interface QuarantineEntry {
  readonly atMs: number;
  readonly input: string;
  /** Device, and module if any, that sent it. */
  readonly sender: string;
  readonly reason: string;
  readonly body: string;
}

const Totals = z.object({ entries: z.int(), bytes: z.int() });

export class Quarantine {
  readonly #insert: Statement;
  readonly #removeOldest: Statement;
  readonly #mostEntries: number;
  #entries: number;
  /** Of the bodies, in UTF-8. */
  #bytes: number;

  constructor(database: Database, mostEntries: number = MOST_ENTRIES) {
    this.#mostEntries = mostEntries;
    this.#insert = database.prepare(
      'INSERT INTO quarantine (at_ms, input, sender, reason, body) VALUES (?, ?, ?, ?, ?)',
    );
    this.#removeOldest = database
      .prepare(
        `DELETE FROM quarantine WHERE row = (SELECT MIN(row) FROM quarantine)
         RETURNING LENGTH(CAST(body AS BLOB))`,
      )
      .pluck();
    const totals = database
      .prepare(
        `SELECT COUNT(*) AS entries, COALESCE(SUM(LENGTH(CAST(body AS BLOB))), 0) AS bytes
         FROM quarantine`,
      )
      .get();
    const { entries, bytes } = stored(Totals, totals);
    this.#entries = entries;
    this.#bytes = bytes;
  }

  /** Adds an entry, inside the caller's transaction. */
  add({ atMs, input, sender, reason, body }: QuarantineEntry): void {
    const kept = body.slice(0, MOST_CHARACTERS);
    this.#insert.run(atMs, input, sender, reason.slice(0, MOST_REASON_CHARACTERS), kept);
    this.#entries += 1;
    this.#bytes += Buffer.byteLength(kept);
    while (this.#entries > this.#mostEntries || this.#bytes > MOST_BYTES) {
      this.#bytes -= Number(this.#removeOldest.get());
      this.#entries -= 1;
    }
  }
}

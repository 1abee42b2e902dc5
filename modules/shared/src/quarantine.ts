/**
 * Input that could not be used, with the reason, for a person to look at.
 *
 * Invariants:
 * - the quarantine never holds more than its limit: the oldest entries make room;
 * - an entry never holds more than a limited part of the message.
 */
import type { Database, Statement } from './database.ts';

const MOST_ENTRIES = 1_000;
const MOST_CHARACTERS = 4_096;

export interface QuarantineEntry {
  readonly atMs: number;
  readonly input: string;
  /** Device, and module if any, that sent it. */
  readonly sender: string;
  readonly reason: string;
  readonly body: string;
}

export class Quarantine {
  readonly #insert: Statement;
  readonly #trim: Statement;

  constructor(database: Database, mostEntries: number = MOST_ENTRIES) {
    this.#insert = database.prepare(
      'INSERT INTO quarantine (at_ms, input, sender, reason, body) VALUES (?, ?, ?, ?, ?)',
    );
    this.#trim = database.prepare(
      `DELETE FROM quarantine WHERE row <= (SELECT MAX(row) FROM quarantine) - ${mostEntries}`,
    );
  }

  /** Adds an entry, inside the caller's transaction. */
  add({ atMs, input, sender, reason, body }: QuarantineEntry): void {
    this.#insert.run(atMs, input, sender, reason, body.slice(0, MOST_CHARACTERS));
    this.#trim.run();
  }
}

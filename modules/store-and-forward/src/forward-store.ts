/** store-and-forward's state on disk, beside the outbox. */
import { z } from 'zod';
import type { Database, Statement } from '../../shared/src/database.ts';
import { stored, storedJson } from '../../shared/src/stored.ts';
import type { PackItem } from './core/packing.ts';
import type { SeenState } from './core/seen-readings.ts';
import { joinedTexts, separateTexts } from './waiting-texts.ts';

export const FORWARD_SCHEMA = `
  CREATE TABLE waiting (first_number INTEGER PRIMARY KEY, readings TEXT NOT NULL);
  CREATE TABLE meters (id TEXT PRIMARY KEY, seen TEXT NOT NULL) WITHOUT ROWID;
  CREATE TABLE results (row INTEGER PRIMARY KEY AUTOINCREMENT, identity TEXT NOT NULL UNIQUE);
`;

/** Results that are recognised when they come again. */
const MOST_RESULTS = 20_000;

const StoredSeen = z
  .string()
  .transform(storedJson)
  .pipe(z.object({ sequences: z.array(z.int()), others: z.array(z.string()) }));

export class ForwardStore {
  readonly #database: Database;
  readonly #insertWaiting: Statement;
  readonly #clearWaiting: Statement;
  readonly #readMeter: Statement;
  readonly #writeMeter: Statement;
  readonly #insertResult: Statement;
  readonly #trimResults: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#insertWaiting = database.prepare(
      'INSERT INTO waiting (first_number, readings) VALUES (?, ?)',
    );
    this.#clearWaiting = database.prepare('DELETE FROM waiting');
    this.#readMeter = database.prepare('SELECT seen FROM meters WHERE id = ?').pluck();
    this.#writeMeter = database.prepare(
      'INSERT INTO meters (id, seen) VALUES (?, ?) ON CONFLICT DO UPDATE SET seen = excluded.seen',
    );
    this.#insertResult = database.prepare('INSERT OR IGNORE INTO results (identity) VALUES (?)');
    this.#trimResults = database.prepare(
      `DELETE FROM results WHERE row <= (SELECT MAX(row) FROM results) - ${MOST_RESULTS}`,
    );
  }

  /** What was taken in of a meter; undefined when it was never heard. */
  seenOf(id: string): SeenState | undefined {
    const seen: unknown = this.#readMeter.get(id);
    return seen === undefined ? undefined : stored(StoredSeen, seen);
  }

  writeMeter(id: string, seen: SeenState): void {
    this.#writeMeter.run(id, JSON.stringify(seen));
  }

  /** Readings that wait for others to share their message, oldest first. */
  waiting(): PackItem[] {
    const rows = this.#database
      .prepare('SELECT readings FROM waiting ORDER BY first_number')
      .pluck()
      .all();
    return rows
      .flatMap((text) => separateTexts(String(text)))
      .map((text) => ({ text, bytes: Buffer.byteLength(text) }));
  }

  addWaiting(firstNumber: number, items: readonly PackItem[]): void {
    this.#insertWaiting.run(firstNumber, joinedTexts(items.map(({ text }) => text)));
  }

  clearWaiting(): void {
    this.#clearWaiting.run();
  }

  /** Notes an average or anomaly; false when it came before. */
  addResult(identity: string): boolean {
    if (this.#insertResult.run(identity).changes === 0) return false;
    this.#trimResults.run();
    return true;
  }
}

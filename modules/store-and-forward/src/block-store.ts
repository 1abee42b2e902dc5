/**
 * The backlog: readings that wait for the uplink, packed, the oldest first.
 *
 * Invariants:
 * - a block is what one message will hold, so its readings keep their numbers;
 * - a block that is damaged is reported and put out of the way, and holds up no other;
 * - a block leaves only together with what takes its place, inside the caller's transaction.
 */
import { z } from 'zod';
import type { Database, Statement } from '../../shared/src/database.ts';
import type { Waiting } from '../../shared/src/figures.ts';
import { stored } from '../../shared/src/stored.ts';
import { packReadings, unpackReadings } from './reading-block.ts';

export const BLOCK_SCHEMA = `
  CREATE TABLE blocks (
    first_number INTEGER PRIMARY KEY,
    readings INTEGER NOT NULL,
    is_thinned INTEGER NOT NULL,
    stored_ms INTEGER NOT NULL,
    content BLOB NOT NULL
  );
  CREATE INDEX blocks_by_form ON blocks (is_thinned, first_number);
`;

/** Readings, or the ledger entries that took their place. */
export interface Block {
  readonly firstNumber: number;
  /** How many readings it stands for. */
  readonly readings: number;
  readonly isThinned: boolean;
  /** When it was stored, epoch milliseconds. */
  readonly storedMs: number;
  /** JSON texts: readings, or ledger entries. */
  readonly texts: readonly string[];
}

const Row = z.object({
  firstNumber: z.int(),
  readings: z.int(),
  isThinned: z.int(),
  storedMs: z.int(),
  content: z.instanceof(Buffer),
});

const WaitingRow = z.object({ bytes: z.int().nullable(), oldestMs: z.int().nullable() });

/** Told of a block that cannot be read, and is gone. */
export type Damaged = (block: Omit<Block, 'texts'>) => void;

const COLUMNS =
  'first_number AS firstNumber, readings, is_thinned AS isThinned, stored_ms AS storedMs, content';

export class BlockStore {
  readonly #insert: Statement;
  readonly #remove: Statement;
  readonly #oldest: Statement;
  readonly #oldestOfForm: Statement;
  readonly #count: Statement;
  readonly #waiting: Statement;
  readonly #damaged: Damaged;
  #blocks: number;

  constructor(database: Database, damaged: Damaged) {
    this.#damaged = damaged;
    this.#insert = database.prepare('INSERT INTO blocks VALUES (?, ?, ?, ?, ?)');
    this.#remove = database.prepare('DELETE FROM blocks WHERE first_number = ?');
    this.#oldest = database.prepare(`SELECT ${COLUMNS} FROM blocks ORDER BY first_number LIMIT ?`);
    this.#oldestOfForm = database.prepare(
      `SELECT ${COLUMNS} FROM blocks WHERE is_thinned = ? ORDER BY first_number LIMIT ?`,
    );
    this.#count = database.prepare('SELECT COUNT(*) FROM blocks').pluck();
    this.#waiting = database.prepare(
      'SELECT SUM(LENGTH(content)) AS bytes, MIN(stored_ms) AS oldestMs FROM blocks',
    );
    this.#blocks = Number(this.#count.get());
  }

  /** Blocks came or went past this store. */
  recount(): void {
    this.#blocks = Number(this.#count.get());
  }

  get blocks(): number {
    return this.#blocks;
  }

  /** How much waits, and since when. */
  waiting(): Waiting {
    const { bytes, oldestMs } = stored(WaitingRow, this.#waiting.get());
    return { rows: this.#blocks, bytes: bytes ?? 0, oldestMs: oldestMs ?? undefined };
  }

  add({ firstNumber, readings, isThinned, storedMs, texts }: Block): void {
    const content = packReadings(texts, isThinned ? 'text' : 'columns');
    this.#insert.run(firstNumber, readings, isThinned ? 1 : 0, storedMs, content);
    this.#blocks += 1;
  }

  /** The oldest blocks, of either form. */
  oldest(limit: number): Block[] {
    return this.#readable(this.#oldest.all(limit));
  }

  /** The oldest blocks of readings, or of what took their place. */
  oldestOf(form: 'readings' | 'thinned', limit: number): Block[] {
    for (;;) {
      const rows = this.#oldestOfForm.all(form === 'thinned' ? 1 : 0, limit);
      const blocks = this.#readable(rows);
      // Behind damaged ones, which are gone now, there may be others.
      if (blocks.length > 0 || rows.length === 0) return blocks;
    }
  }

  remove(blocks: readonly Pick<Block, 'firstNumber'>[]): void {
    for (const { firstNumber } of blocks) {
      this.#blocks -= this.#remove.run(firstNumber).changes;
    }
  }

  #readable(rows: readonly unknown[]): Block[] {
    return rows.flatMap((row) => {
      const { content, isThinned, ...numbers } = stored(Row, row);
      const block = { ...numbers, isThinned: isThinned === 1 };
      const texts = textsOf(content);
      if (texts !== undefined) return [{ ...block, texts }];
      this.remove([block]);
      this.#damaged(block);
      return [];
    });
  }
}

function textsOf(content: Buffer): string[] | undefined {
  try {
    return unpackReadings(content);
  } catch {
    return undefined;
  }
}

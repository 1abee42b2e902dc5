/**
 * An upload on disk: its blocks, taken out of the backlog, and how far it has come.
 *
 * Invariants:
 * - a block is in the backlog or in the upload, never in both and never in neither;
 * - there is one upload at a time, and its blocks stay as they are until it ends.
 */
import { z } from 'zod';
import type { Database, Statement } from '../../../shared/src/database.ts';
import { KeptValues } from '../../../shared/src/kept-values.ts';
import { stored } from '../../../shared/src/stored.ts';
import { unpackReadings } from '../reading-block.ts';

export const BULK_SCHEMA = `
  CREATE TABLE upload_blocks (
    first_number INTEGER PRIMARY KEY,
    readings INTEGER NOT NULL,
    is_thinned INTEGER NOT NULL,
    stored_ms INTEGER NOT NULL,
    content BLOB NOT NULL
  );
`;

/** Readings that go up together. */
export interface Upload {
  readonly firstNumber: number;
  readonly lastNumber: number;
  readonly readings: number;
  /** Numbers of each block, first and last. */
  readonly blocks: readonly (readonly [first: number, last: number])[];
}

/** What is kept beside the blocks. */
const Kept = z.object({
  /** The backlog was large enough, and has not been emptied since. */
  active: z.boolean().default(false),
  uploads: z.int().default(0),
  readings: z.int().default(0),
});
export type BulkProgress = z.infer<typeof Kept>;

/** How much goes up together. */
export interface PlanLimits {
  readonly mostBlocks: number;
  readonly mostReadings: number;
  readonly leastReadings: number;
}

const Row = z.object({ firstNumber: z.int(), readings: z.int() });
const Dropped = z.object({ readings: z.int(), storedMs: z.int() });
/** What is known of a block that cannot be read. */
export type DroppedBlock = z.infer<typeof Dropped>;
const NAME = 'bulk path';

export class BulkStore {
  readonly #kept: KeptValues;
  readonly #oldest: Statement;
  readonly #moveOut: Statement;
  readonly #moveBack: Statement;
  readonly #removeFrom: Readonly<Record<'blocks' | 'upload_blocks', Statement>>;
  readonly #all: Statement;
  readonly #content: Statement;
  readonly #drop: Statement;
  readonly #clear: Statement;
  #progress: BulkProgress;
  #upload: Upload | undefined;

  constructor(database: Database) {
    this.#kept = new KeptValues(database);
    this.#oldest = database.prepare(
      `SELECT first_number AS firstNumber, readings FROM blocks WHERE is_thinned = 0
       ORDER BY first_number LIMIT ?`,
    );
    this.#moveOut = database.prepare(
      'INSERT INTO upload_blocks SELECT * FROM blocks WHERE first_number = ?',
    );
    this.#moveBack = database.prepare(
      'INSERT INTO blocks SELECT * FROM upload_blocks WHERE first_number = ?',
    );
    this.#removeFrom = {
      blocks: database.prepare('DELETE FROM blocks WHERE first_number = ?'),
      upload_blocks: database.prepare('DELETE FROM upload_blocks WHERE first_number = ?'),
    };
    this.#all = database.prepare(
      'SELECT first_number AS firstNumber, readings FROM upload_blocks ORDER BY first_number',
    );
    this.#content = database
      .prepare('SELECT content FROM upload_blocks WHERE first_number = ?')
      .pluck();
    this.#drop = database.prepare(
      'DELETE FROM upload_blocks WHERE first_number = ? RETURNING readings, stored_ms AS storedMs',
    );
    this.#clear = database.prepare('DELETE FROM upload_blocks');
    this.#progress = stored(Kept, this.#kept.read(NAME) ?? {});
    this.#upload = this.#readUpload();
  }

  get progress(): BulkProgress {
    return this.#progress;
  }

  /** What is on its way; undefined when nothing is. */
  get upload(): Upload | undefined {
    return this.#upload;
  }

  note(change: Partial<BulkProgress>): void {
    this.#progress = { ...this.#progress, ...change };
    this.#kept.write(NAME, this.#progress);
  }

  /** Takes the oldest blocks of readings out of the backlog; false when there are too few readings. */
  plan({ mostBlocks, mostReadings, leastReadings }: PlanLimits): boolean {
    const chosen: number[] = [];
    let readings = 0;
    for (const row of this.#oldest.all(mostBlocks)) {
      const block = stored(Row, row);
      if (chosen.length > 0 && readings + block.readings > mostReadings) break;
      readings += block.readings;
      chosen.push(block.firstNumber);
    }
    if (readings < leastReadings) return false;
    for (const firstNumber of chosen) {
      this.#moveOut.run(firstNumber);
      this.#removeFrom.blocks.run(firstNumber);
    }
    this.#upload = this.#readUpload();
    return this.#upload !== undefined;
  }

  /** Gives blocks back to the backlog. */
  giveBack(blocks: Upload['blocks']): void {
    for (const [firstNumber] of blocks) {
      this.#moveBack.run(firstNumber);
      this.#removeFrom.upload_blocks.run(firstNumber);
    }
    this.#upload = this.#readUpload();
  }

  /** Takes a block out that cannot be read; undefined when the upload has none of that number. */
  drop(firstNumber: number): DroppedBlock | undefined {
    const row: unknown = this.#drop.get(firstNumber);
    this.#upload = this.#readUpload();
    return row === undefined ? undefined : stored(Dropped, row);
  }

  /** The upload is complete: its blocks have done their work. */
  complete(): void {
    const { uploads, readings } = this.#progress;
    const uploaded = this.#upload?.readings ?? 0;
    this.#clear.run();
    this.#upload = undefined;
    this.note({ uploads: uploads + 1, readings: readings + uploaded });
  }

  /** The readings of a block as JSON texts; undefined when it is damaged. */
  textsOf(firstNumber: number): string[] | undefined {
    const content: unknown = this.#content.get(firstNumber);
    try {
      return content instanceof Buffer ? unpackReadings(content) : undefined;
    } catch {
      return undefined;
    }
  }

  #readUpload(): Upload | undefined {
    const rows = this.#all.all().map((row) => stored(Row, row));
    const blocks = rows.map(({ firstNumber, readings }): readonly [number, number] => [
      firstNumber,
      firstNumber + readings - 1,
    ]);
    const firstNumber = blocks[0]?.[0];
    const lastNumber = blocks.at(-1)?.[1];
    if (firstNumber === undefined || lastNumber === undefined) return undefined;
    const readings = rows.reduce((sum, row) => sum + row.readings, 0);
    return { firstNumber, lastNumber, readings, blocks };
  }
}

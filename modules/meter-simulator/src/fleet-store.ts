/**
 * The virtual meters on disk: their state, and the readings that are sent late or again.
 *
 * Invariants:
 * - a meter's state is committed together with the readings that follow from it, so that no number is
 *   used twice, whatever is killed when;
 * - a reading that is held back lies here until the commit that puts it into a message.
 */
import { z } from 'zod';
import type { Database, Statement } from '../../shared/src/database.ts';
import { stored } from '../../shared/src/stored.ts';
import { Reading } from '../../shared/src/wire-contract.ts';
import { MeterBlock } from './core/meter-block.ts';

/** What an earlier version left: its meters are installed anew, with numbers beyond all it used. */
export const FORGET_EARLIER_METERS = `
  DROP TABLE IF EXISTS readings;
  DROP TABLE IF EXISTS meters;
`;

export const FLEET_SCHEMA = `
  CREATE TABLE blocks (block INTEGER PRIMARY KEY, seed INTEGER NOT NULL, state BLOB NOT NULL);
  CREATE TABLE held (
    number INTEGER PRIMARY KEY AUTOINCREMENT,
    release_ms INTEGER NOT NULL,
    kind TEXT NOT NULL,
    measured_ms INTEGER NOT NULL,
    reading TEXT NOT NULL,
    injected TEXT
  );
  CREATE INDEX held_by_release ON held (release_ms, number);
`;

/** Meters of one block, and the seed of their series. */
export interface StoredBlock {
  readonly block: MeterBlock;
  seed: number;
}

/** A reading that waits to be sent. */
export interface HeldReading {
  /** When to send it, epoch milliseconds. */
  readonly releaseMs: number;
  /** Why it waits; a repeat was sent before. */
  readonly kind: 'late' | 'out-of-order' | 'repeat';
  /** When it was measured, or sent first, epoch milliseconds. */
  readonly measuredMs: number;
  readonly reading: Reading;
  readonly injected: 'spike' | 'dip' | null;
}

const PAGE_CACHE_KIBIBYTES = 2_048;

const BlockRow = z.object({
  block: z.int(),
  seed: z.int(),
  state: z.instanceof(Uint8Array),
});
const HeldRow = z.object({
  number: z.int(),
  releaseMs: z.int(),
  kind: z.enum(['late', 'out-of-order', 'repeat']),
  measuredMs: z.int(),
  reading: z.string().transform((text) => Reading.parse(JSON.parse(text))),
  injected: z.enum(['spike', 'dip']).nullable(),
});

export class FleetStore {
  readonly #database: Database;
  readonly #writeBlock: Statement;
  readonly #hold: Statement;
  readonly #due: Statement;
  readonly #remove: Statement;
  readonly #next: Statement;
  #held: number;

  constructor(database: Database) {
    this.#database = database;
    // What is written is in memory anyway, so that pages need not be.
    database.pragma(`cache_size = -${PAGE_CACHE_KIBIBYTES}`);
    this.#writeBlock = database.prepare(
      `INSERT INTO blocks VALUES (?, ?, ?)
       ON CONFLICT DO UPDATE SET seed = excluded.seed, state = excluded.state`,
    );
    this.#hold = database.prepare(
      `INSERT INTO held (release_ms, kind, measured_ms, reading, injected) VALUES (?, ?, ?, ?, ?)`,
    );
    this.#due = database.prepare(
      `SELECT number, release_ms AS releaseMs, kind, measured_ms AS measuredMs, reading, injected
       FROM held WHERE release_ms <= ? ORDER BY release_ms, number LIMIT ?`,
    );
    this.#remove = database.prepare('DELETE FROM held WHERE number = ?');
    this.#next = database.prepare('SELECT MIN(release_ms) FROM held').pluck();
    this.#held = Number(database.prepare('SELECT COUNT(*) FROM held').pluck().get());
  }

  /** Readings that are held back. */
  get held(): number {
    return this.#held;
  }

  blocks(): Map<number, StoredBlock> {
    const rows = this.#database.prepare('SELECT block, seed, state FROM blocks').iterate();
    const blocks = new Map<number, StoredBlock>();
    for (const row of rows) {
      const { block, seed, state } = stored(BlockRow, row);
      blocks.set(block, { block: new MeterBlock(state), seed });
    }
    return blocks;
  }

  writeBlock(number: number, { block, seed }: StoredBlock): void {
    this.#writeBlock.run(number, seed, block.bytes);
  }

  hold({ releaseMs, kind, measuredMs, reading, injected }: HeldReading): void {
    this.#hold.run(releaseMs, kind, measuredMs, JSON.stringify(reading), injected);
    this.#held += 1;
  }

  /** When the next held reading is to be sent; undefined when there is none. */
  nextReleaseMs(): number | undefined {
    const releaseMs: unknown = this.#next.get();
    return typeof releaseMs === 'number' ? releaseMs : undefined;
  }

  /** Takes out the readings that are to be sent by now, the earliest first. */
  release(nowMs: number, limit: number): HeldReading[] {
    return this.#due.all(nowMs, limit).map((row) => {
      const { number, ...held } = stored(HeldRow, row);
      this.#remove.run(number);
      this.#held -= 1;
      return held;
    });
  }
}

/**
 * Everything the virtual meters ever measured: ground truth, in the layout of the meters' journal.
 *
 * Invariants:
 * - a reading is committed together with the message that carries it and the generator's next state;
 * - `seq` of a meter starts at the Unix time of its installation in milliseconds and counts up by
 *   one, across restarts.
 */
import { z } from 'zod';
import type { Database, Statement } from '../../shared/src/database.ts';
import type { GeneratedReading, GeneratorState } from './core/reading-generator.ts';

export const JOURNAL_SCHEMA = `
  CREATE TABLE meters (
    id TEXT PRIMARY KEY,
    connection TEXT NOT NULL,
    next_seq INTEGER NOT NULL,
    generator TEXT NOT NULL
  ) WITHOUT ROWID;
  CREATE TABLE readings (
    meter_id TEXT NOT NULL,
    seq INTEGER NOT NULL,
    time TEXT NOT NULL,
    temp REAL NOT NULL,
    injected TEXT,
    acknowledged INTEGER NOT NULL DEFAULT 0,
    PRIMARY KEY (meter_id, seq)
  ) WITHOUT ROWID;
`;

/** A meter between two readings. */
export interface VirtualMeter {
  readonly id: string;
  readonly nextSeq: number;
  readonly generator: GeneratorState;
}

/** Acknowledged readings that are kept of each meter: a week at ten seconds. */
const KEPT_READINGS = 60_480;

const Generator = z.object({
  random: z.number(),
  noiseF: z.number(),
  produced: z.int(),
  sinceInjection: z.int(),
});
const Meter = z.object({ id: z.string(), nextSeq: z.int(), generator: z.string() });

export class VirtualJournal {
  readonly #database: Database;
  readonly #writeMeter: Statement;
  readonly #insert: Statement;
  readonly #trim: Statement;
  readonly #acknowledge: Statement;

  constructor(database: Database) {
    this.#database = database;
    this.#writeMeter = database.prepare(
      `INSERT INTO meters (id, connection, next_seq, generator) VALUES (?, 'gateway', ?, ?)
       ON CONFLICT DO UPDATE SET next_seq = excluded.next_seq, generator = excluded.generator`,
    );
    this.#insert = database.prepare(
      'INSERT INTO readings (meter_id, seq, time, temp, injected) VALUES (?, ?, ?, ?, ?)',
    );
    this.#trim = database.prepare(
      'DELETE FROM readings WHERE meter_id = ? AND seq < ? AND acknowledged = 1',
    );
    this.#acknowledge = database.prepare(
      'UPDATE readings SET acknowledged = 1 WHERE meter_id = ? AND seq = ?',
    );
  }

  meters(): VirtualMeter[] {
    return this.#database
      .prepare('SELECT id, next_seq AS nextSeq, generator FROM meters')
      .all()
      .map((row) => {
        const { generator, ...meter } = Meter.parse(row);
        return { ...meter, generator: Generator.parse(JSON.parse(generator)) };
      });
  }

  /** Writes a reading; returns the meter after it. */
  append(meter: VirtualMeter, time: string, reading: GeneratedReading): VirtualMeter {
    const { id, nextSeq } = meter;
    this.#insert.run(id, nextSeq, time, reading.tempF, reading.injected);
    this.#writeMeter.run(id, nextSeq + 1, JSON.stringify(reading.state));
    if (nextSeq % 1_000 === 0) this.#trim.run(id, nextSeq - KEPT_READINGS);
    return { id, nextSeq: nextSeq + 1, generator: reading.state };
  }

  acknowledge(id: string, seq: number): void {
    this.#acknowledge.run(id, seq);
  }
}

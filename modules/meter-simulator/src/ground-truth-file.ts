/**
 * The ground truth as CSV, beside the database.
 *
 * Invariants:
 * - a line is committed together with the readings it is about, and written to the file afterwards;
 * - every line is in the file once, in the order of its number, whatever is killed when;
 * - the files take no more than they may: the oldest is removed.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readFileSync,
  renameSync,
  truncateSync,
  writeSync,
} from 'node:fs';
import { join } from 'node:path';
import { z } from 'zod';
import type { Database, Statement } from '../../shared/src/database.ts';
import { stored } from '../../shared/src/stored.ts';
import type { Truth } from './core/ground-truth.ts';

export const TRUTH_SCHEMA = `
  CREATE TABLE truth (number INTEGER PRIMARY KEY AUTOINCREMENT, line TEXT NOT NULL);
`;

/** A file is closed at so many bytes; with those before it, it takes four times as much at most. */
const MOST_BYTES = 16 * 1_048_576;
const EARLIER_FILES = 3;
const LINES_AT_ONCE = 10_000;

const HEADER = 'number,meter,from,to,kind,size';

const Row = z.object({ number: z.int(), line: z.string() });

export class GroundTruthFile {
  readonly #folder: string;
  readonly #insert: Statement;
  readonly #select: Statement;
  readonly #remove: Statement;
  readonly #lastUsed: Statement;
  readonly #mostBytes: number;
  #written: number | undefined;
  #bytes = 0;
  #pending: boolean;

  constructor(database: Database, folder: string, mostBytes = MOST_BYTES) {
    this.#folder = folder;
    this.#mostBytes = mostBytes;
    this.#insert = database.prepare('INSERT INTO truth (line) VALUES (?)');
    this.#select = database.prepare(
      'SELECT number, line FROM truth WHERE number > ? ORDER BY number LIMIT ?',
    );
    this.#remove = database.prepare('DELETE FROM truth WHERE number <= ?');
    this.#lastUsed = database
      .prepare("SELECT seq FROM sqlite_sequence WHERE name = 'truth'")
      .pluck();
    this.#pending = database.prepare('SELECT EXISTS (SELECT 1 FROM truth)').pluck().get() === 1;
  }

  /** Adds a line, inside the caller's transaction. */
  note(truth: Truth): void {
    this.#insert.run(truthLine(truth));
    this.#pending = true;
  }

  /** Writes committed lines to the file; outside of any transaction. */
  write(): void {
    if (!this.#pending) return;
    this.#written ??= this.#continue();
    const rows = this.#select.all(this.#written, LINES_AT_ONCE).map((row) => stored(Row, row));
    if (rows.length > 0) this.#append(rows);
    // Not before they are on disk.
    this.#remove.run(this.#written);
    this.#pending = rows.length === LINES_AT_ONCE;
  }

  #append(rows: readonly z.infer<typeof Row>[]): void {
    if (this.#bytes >= this.#mostBytes) this.#rotate();
    const header = this.#bytes === 0 ? `${HEADER}\n` : '';
    const text = header + rows.map(({ number, line }) => `${number},${line}\n`).join('');
    const file = openSync(this.#path(0), 'a');
    try {
      this.#bytes += writeSync(file, text);
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    this.#written = rows.at(-1)?.number ?? this.#written;
  }

  /** Where an earlier run stopped: a line that it did not finish is cut off and written again. */
  #continue(): number {
    const text = this.#read(0);
    const whole = text.slice(0, text.lastIndexOf('\n') + 1);
    this.#bytes = Buffer.byteLength(whole);
    if (whole.length < text.length) truncateSync(this.#path(0), this.#bytes);
    const written = lastNumber(whole) ?? lastNumber(this.#read(1)) ?? 0;
    if (written <= Number(this.#lastUsed.get() ?? 0)) return written;
    // The numbers are of a database that is gone: lines of this one would look written.
    this.#rotate();
    return 0;
  }

  #rotate(): void {
    for (let age = EARLIER_FILES - 1; age >= 0; age -= 1) {
      if (existsSync(this.#path(age))) renameSync(this.#path(age), this.#path(age + 1));
    }
    this.#bytes = 0;
  }

  #read(age: number): string {
    return existsSync(this.#path(age)) ? readFileSync(this.#path(age), 'utf8') : '';
  }

  #path(age: number): string {
    return join(this.#folder, age === 0 ? 'ground-truth.csv' : `ground-truth.${age}.csv`);
  }
}

/** Number of the last line; undefined of a file without any. */
function lastNumber(text: string): number | undefined {
  const [number = ''] = (text.trimEnd().split('\n').at(-1) ?? '').split(',');
  return /^\d+$/.test(number) ? Number(number) : undefined;
}

/** A line without its number; device ids need no quotes. */
function truthLine({ meter, fromMs, toMs, kind, size }: Truth): string {
  const to = toMs === undefined ? '' : new Date(toMs).toISOString();
  return [meter, new Date(fromMs).toISOString(), to, kind, size].join(',');
}

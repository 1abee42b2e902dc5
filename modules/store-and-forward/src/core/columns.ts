/**
 * Readings as columns of small numbers, for compression.
 *
 * A meter's readings differ little from one to the next, so of each number only the difference to
 * what the meter's last two readings let expect is kept; words (ids, further fields) are kept once.
 *
 * Invariants:
 * - `fromColumns(toColumns(rows))` are the same rows, in the same order;
 * - rows that do not fit give undefined, never something approximate.
 */
import { fitsVarint, VarintReader, VarintWriter } from './varint.ts';

/** A reading in numbers. */
export interface ColumnRow {
  readonly id: string;
  /** Whole number of milliseconds. */
  readonly atMs: number;
  /** Temperature as the whole number `mantissa` divided by ten to the power of `decimals`. */
  readonly mantissa: number;
  readonly decimals: number;
  readonly seq: number | undefined;
  /** What else belongs to the reading, as text. */
  readonly more: string;
}

/** What `toColumns` makes: words, and numbers that refer to them. */
export interface Columns {
  readonly words: readonly string[];
  readonly bytes: Uint8Array;
}

/** What is known of a meter from its rows so far. */
interface Expectation {
  atMs: number;
  stepMs: number;
  mantissa: number;
  decimals: number;
  seq: number;
}

const COLUMN_COUNT = 7;

/** The rows as columns; undefined when a number is beyond what can be written. */
export function toColumns(rows: readonly ColumnRow[]): Columns | undefined {
  const words = new Map<string, number>();
  const expectations = new Expectations();
  const columns = Array.from({ length: COLUMN_COUNT }, () => new VarintWriter());
  const numbers = new Float64Array(COLUMN_COUNT);
  for (const row of rows) {
    const expected = expectations.of(row.id);
    const seq = row.seq ?? expected.seq;
    numbers[0] = wordNumber(words, row.id);
    numbers[1] = row.atMs - expected.atMs - expected.stepMs;
    numbers[2] = row.seq === undefined ? 1 : 0;
    numbers[3] = seq - expected.seq - 1;
    numbers[4] = row.decimals - expected.decimals;
    numbers[5] = row.mantissa - expected.mantissa;
    numbers[6] = wordNumber(words, row.more);
    for (let index = 0; index < COLUMN_COUNT; index += 1) {
      const number = numbers[index] ?? 0;
      if (!fitsVarint(number)) return undefined;
      columns[index]?.write(number);
    }
    expect(expected, row, seq);
  }
  // Column after column, so that like stands beside like.
  const header = new VarintWriter();
  header.write(rows.length);
  for (const { bytes } of columns) header.write(bytes.length);
  const parts = [header, ...columns].map(({ bytes }) => bytes);
  return { words: [...words.keys()], bytes: Buffer.concat(parts) };
}

/**
 * The rows again.
 *
 * @throws RangeError when the columns are cut off or refer to words that are not there
 */
export function fromColumns({ words, bytes }: Columns): ColumnRow[] {
  const header = new VarintReader(bytes);
  const count = header.read();
  const lengths = Array.from({ length: COLUMN_COUNT }, () => header.read());
  let begin = header.position;
  const columns = lengths.map((length) => {
    const column = new VarintReader(bytes.subarray(begin, begin + length));
    begin += length;
    return column;
  });
  const read = (index: number) => columns[index]?.read() ?? 0;
  const expectations = new Expectations();
  return Array.from({ length: count }, () => {
    const id = wordAt(words, read(0));
    const expected = expectations.of(id);
    const atMs = expected.atMs + expected.stepMs + read(1);
    const hasNoSeq = read(2) === 1;
    const seq = expected.seq + 1 + read(3);
    const decimals = expected.decimals + read(4);
    const mantissa = expected.mantissa + read(5);
    const more = wordAt(words, read(6));
    const row = { id, atMs, mantissa, decimals, seq: hasNoSeq ? undefined : seq, more };
    expect(expected, row, seq);
    return row;
  });
}

/** What is expected of each meter; the one that was asked for last is asked for again, mostly. */
class Expectations {
  readonly #meters = new Map<string, Expectation>();
  #id: string | undefined;
  #expected: Expectation = this.#begin();

  of(id: string): Expectation {
    if (id === this.#id) return this.#expected;
    const expected = this.#meters.get(id) ?? this.#begin();
    this.#meters.set(id, expected);
    this.#id = id;
    this.#expected = expected;
    return expected;
  }

  #begin(): Expectation {
    return { atMs: 0, stepMs: 0, mantissa: 0, decimals: 0, seq: -1 };
  }
}

/** Notes the row that came after those before. */
function expect(expected: Expectation, { atMs, mantissa, decimals }: ColumnRow, seq: number): void {
  expected.stepMs = atMs - expected.atMs;
  expected.atMs = atMs;
  expected.mantissa = mantissa;
  expected.decimals = decimals;
  expected.seq = seq;
}

function wordNumber(words: Map<string, number>, word: string): number {
  const known = words.get(word);
  if (known !== undefined) return known;
  words.set(word, words.size);
  return words.size - 1;
}

function wordAt(words: readonly string[], number: number): string {
  const word = words[number];
  if (word === undefined) throw new RangeError('the block refers to a word it does not have');
  return word;
}

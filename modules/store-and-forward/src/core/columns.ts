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

const START: Expectation = { atMs: 0, stepMs: 0, mantissa: 0, decimals: 0, seq: -1 };

/** The rows as columns; undefined when a number is beyond what can be written. */
export function toColumns(rows: readonly ColumnRow[]): Columns | undefined {
  const words = new Map<string, number>();
  const meters = new Map<string, Expectation>();
  const columns = Array.from({ length: 7 }, () => new VarintWriter());
  for (const row of rows) {
    const expected = meters.get(row.id) ?? { ...START };
    const stepMs = row.atMs - expected.atMs;
    const seq = row.seq ?? expected.seq;
    const numbers = [
      wordNumber(words, row.id),
      stepMs - expected.stepMs,
      row.seq === undefined ? 1 : 0,
      seq - expected.seq - 1,
      row.decimals - expected.decimals,
      row.mantissa - expected.mantissa,
      wordNumber(words, row.more),
    ];
    if (!numbers.every(fitsVarint)) return undefined;
    for (const [index, number] of numbers.entries()) columns[index]?.write(number);
    const { atMs, mantissa, decimals } = row;
    meters.set(row.id, { atMs, stepMs, mantissa, decimals, seq });
  }
  // Column after column, so that like stands beside like.
  const header = new VarintWriter();
  header.write(rows.length);
  for (const { bytes } of columns) header.write(bytes.length);
  const all = [header, ...columns].flatMap(({ bytes }) => bytes);
  return { words: [...words.keys()], bytes: Uint8Array.from(all) };
}

/**
 * The rows again.
 *
 * @throws RangeError when the columns are cut off or refer to words that are not there
 */
export function fromColumns({ words, bytes }: Columns): ColumnRow[] {
  const header = new VarintReader(bytes);
  const count = header.read();
  const lengths = Array.from({ length: 7 }, () => header.read());
  let begin = header.position;
  const columns = lengths.map((length) => {
    const column = new VarintReader(bytes.subarray(begin, begin + length));
    begin += length;
    return column;
  });
  const meters = new Map<string, Expectation>();
  return Array.from({ length: count }, () => {
    const [
      word = 0,
      step = 0,
      hasNoSeq = 0,
      seqStep = 0,
      decimalsStep = 0,
      mantissaStep = 0,
      more = 0,
    ] = columns.map((column) => column.read());
    const id = wordAt(words, word);
    const expected = meters.get(id) ?? { ...START };
    const stepMs = expected.stepMs + step;
    const atMs = expected.atMs + stepMs;
    const seq = expected.seq + 1 + seqStep;
    const decimals = expected.decimals + decimalsStep;
    const mantissa = expected.mantissa + mantissaStep;
    meters.set(id, { atMs, stepMs, mantissa, decimals, seq });
    const kept = hasNoSeq === 1 ? undefined : seq;
    return { id, atMs, mantissa, decimals, seq: kept, more: wordAt(words, more) };
  });
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

/**
 * Readings packed for the disk: as columns where they fit, as JSON text where they do not, compressed.
 *
 * Invariants:
 * - what comes out is, text for text, what went in: every block is read back before it is trusted;
 * - a damaged block is an error, never other readings.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { z } from 'zod';
import { InstantWriter, plainInstantMs } from '../../shared/src/instant.ts';
import { plainReading } from '../../shared/src/plain-reading.ts';
import { fromColumns, toColumns, type ColumnRow } from './core/columns.ts';

/** First byte of a block. */
const AS_TEXT = 0;
const AS_COLUMNS = 1;

/** Beyond six decimals the digits are noise, which no difference makes smaller. */
const MOST_DECIMALS = 6;

const Fields = z.looseObject({
  id: z.string(),
  time: z.string(),
  temp: z.number(),
  seq: z.number().optional(),
});
const Texts = z.array(z.string());

/** Packs JSON texts; as columns only if they are readings. */
export function packReadings(texts: readonly string[], form: 'columns' | 'text'): Buffer {
  const columns = form === 'columns' ? asColumns(texts) : undefined;
  if (columns !== undefined && isSame(unpackReadings(columns), texts)) return columns;
  return compressed(AS_TEXT, Buffer.from(JSON.stringify(texts)));
}

/**
 * The JSON texts again.
 *
 * @throws Error when the block is damaged
 */
export function unpackReadings(block: Buffer): string[] {
  const content = inflateSync(block.subarray(1));
  if (block[0] === AS_TEXT) return Texts.parse(JSON.parse(content.toString()));
  if (block[0] !== AS_COLUMNS) throw new Error('a block of a form that this program does not know');
  const wordBytes = content.readUInt32LE(0);
  const words = Texts.parse(JSON.parse(content.subarray(4, 4 + wordBytes).toString()));
  const writer = new TextWriter();
  const rows = fromColumns({ words, bytes: content.subarray(4 + wordBytes) });
  return rows.map((row) => writer.write(row));
}

function asColumns(texts: readonly string[]): Buffer | undefined {
  const rows = rowsOf(texts);
  const columns = rows === undefined ? undefined : toColumns(rows);
  if (columns === undefined) return undefined;
  const words = Buffer.from(JSON.stringify(columns.words));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(words.length);
  const content = Buffer.concat([length, words, columns.bytes]);
  return compressed(AS_COLUMNS, content);
}

/** The same decimals for all where that is exact: 70 between 69.98 and 70.01 is 7000, not 70. */
function rowsOf(texts: readonly string[]): ColumnRow[] | undefined {
  const values: unknown = JSON.parse(`[${texts.join(',')}]`);
  if (!Array.isArray(values)) return undefined;
  const readings: ReadingFields[] = [];
  for (const value of values) {
    const fields = fieldsOf(value);
    if (fields === undefined) return undefined;
    readings.push(fields);
  }
  let most = 0;
  for (const { temp } of readings) {
    if (!isExact(temp, most)) most = Math.max(most, decimalsOf(temp) ?? 0);
  }
  const rows: ColumnRow[] = [];
  for (const reading of readings) {
    const row = rowOf(reading, most);
    if (row === undefined) return undefined;
    rows.push(row);
  }
  return rows;
}

/** zlib's form, whose checksum tells damage. */
function compressed(form: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(form), deflateSync(content)]);
}

/** What a block keeps of a reading; `more` is how the instant was written, and what only this meter sends. */
interface ReadingFields {
  readonly id: string;
  readonly atMs: number;
  readonly temp: number;
  readonly seq: number | undefined;
  readonly more: string;
}

/** Undefined when it is no reading, or its instant is written in no form that is known. */
function fieldsOf(value: unknown): ReadingFields | undefined {
  const plain = plainReading(value);
  if (plain !== undefined) {
    const { reading, atMs } = plain;
    const { id, time, temp, seq } = reading;
    return { id, atMs, temp, seq, more: time.length === WITH_MILLISECONDS ? '0{}' : '1{}' };
  }
  const parsed = Fields.safeParse(value);
  if (!parsed.success) return undefined;
  const { id, time, temp, seq, ...others } = parsed.data;
  const atMs = plainInstantMs(time);
  if (atMs === undefined) return undefined;
  const form = time.length === WITH_MILLISECONDS ? 0 : 1;
  return { id, atMs, temp, seq, more: `${form}${JSON.stringify(others)}` };
}

function rowOf({ id, atMs, temp, seq, more }: ReadingFields, most: number): ColumnRow | undefined {
  const decimals = isExact(temp, most) ? most : decimalsOf(temp);
  if (decimals === undefined) return undefined;
  return { id, atMs, mantissa: Math.round(temp * powerOfTen(decimals)), decimals, seq, more };
}

/** Length of an instant in the first of the two forms in which meters write UTC. */
const WITH_MILLISECONDS = 24;

/** Writes rows as texts again. */
class TextWriter {
  readonly #instants = new InstantWriter();
  #id: string | undefined;
  #quotedId = '';

  write({ id, atMs, mantissa, decimals, seq, more }: ColumnRow): string {
    if (id !== this.#id) {
      this.#id = id;
      this.#quotedId = JSON.stringify(id);
    }
    const time = this.#instants.write(atMs, more.startsWith('0'));
    const temp = mantissa / powerOfTen(decimals);
    const sequence = seq === undefined ? '' : `,"seq":${seq}`;
    const known = `{"id":${this.#quotedId},"time":"${time}","temp":${temp}${sequence}`;
    return more.endsWith('{}') ? `${known}}` : `${known},${more.slice(2)}`;
  }
}

function powerOfTen(decimals: number): number {
  return POWERS[decimals] ?? 10 ** decimals;
}

const POWERS = [1, 10, 100, 1_000, 10_000, 100_000, 1_000_000];

function decimalsOf(temp: number): number | undefined {
  for (let decimals = 0; decimals <= MOST_DECIMALS; decimals += 1) {
    if (isExact(temp, decimals)) return decimals;
  }
  return undefined;
}

function isExact(temp: number, decimals: number): boolean {
  const power = powerOfTen(decimals);
  return Math.round(temp * power) / power === temp;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

/**
 * Readings packed for the disk: as columns where they fit, as JSON text where they do not, compressed.
 *
 * Invariants:
 * - what comes out is, text for text, what went in: every block is read back before it is trusted;
 * - a damaged block is an error, never other readings.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { z } from 'zod';
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
  return fromColumns({ words, bytes: content.subarray(4 + wordBytes) }).map(textOf);
}

function asColumns(texts: readonly string[]): Buffer | undefined {
  const readings = texts.map((text) => Fields.parse(JSON.parse(text)));
  // The same decimals for all where that is exact: 70 between 69.98 and 70.01 is 7000, not 70.
  const most = Math.max(0, ...readings.map(({ temp }) => decimalsOf(temp) ?? 0));
  const rows = readings.map((reading) => rowOf(reading, most));
  if (!rows.every((row) => row !== undefined)) return undefined;
  const columns = toColumns(rows);
  if (columns === undefined) return undefined;
  const words = Buffer.from(JSON.stringify(columns.words));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(words.length);
  const content = Buffer.concat([length, words, columns.bytes]);
  return compressed(AS_COLUMNS, content);
}

/** zlib's form, whose checksum tells damage. */
function compressed(form: number, content: Uint8Array): Buffer {
  return Buffer.concat([Buffer.of(form), deflateSync(content)]);
}

/** `more` is how the instant was written, and the fields that only this meter sends. */
function rowOf(reading: z.infer<typeof Fields>, most: number): ColumnRow | undefined {
  const { id, time, temp, seq, ...others } = reading;
  const atMs = Date.parse(time);
  const decimals = isExact(temp, most) ? most : decimalsOf(temp);
  if (Number.isNaN(atMs) || decimals === undefined) return undefined;
  const form = TIME_FORMS.findIndex((format) => format(atMs) === time);
  if (form < 0) return undefined;
  const more = `${form}${JSON.stringify(others)}`;
  return { id, atMs, mantissa: Math.round(temp * 10 ** decimals), decimals, seq, more };
}

function textOf({ id, atMs, mantissa, decimals, seq, more }: ColumnRow): string {
  const time = TIME_FORMS[Number(more[0])]?.(atMs);
  const temp = mantissa / 10 ** decimals;
  const known = JSON.stringify(seq === undefined ? { id, time, temp } : { id, time, temp, seq });
  const others = more.slice(1);
  return others === '{}' ? known : `${known.slice(0, -1)},${others.slice(1)}`;
}

/** The two ways in which meters write UTC. */
const TIME_FORMS: readonly ((atMs: number) => string)[] = [
  (atMs) => new Date(atMs).toISOString(),
  (atMs) => new Date(atMs).toISOString().replace('.000Z', 'Z'),
];

function decimalsOf(temp: number): number | undefined {
  for (let decimals = 0; decimals <= MOST_DECIMALS; decimals += 1) {
    if (isExact(temp, decimals)) return decimals;
  }
  return undefined;
}

function isExact(temp: number, decimals: number): boolean {
  return Math.round(temp * 10 ** decimals) / 10 ** decimals === temp;
}

function isSame(a: readonly string[], b: readonly string[]): boolean {
  return a.length === b.length && a.every((text, index) => text === b[index]);
}

/** Rows as SQLite writes them. Source: sqlite.org/fileformat2.html, "Record Format". */

export type SqlValue = null | number | bigint | string | Uint8Array;

/** A variable-length integer and where it ends. */
export interface Varint {
  readonly value: number;
  readonly end: number;
}

const INTEGER_BYTES = [0, 1, 2, 3, 4, 6, 8];
const FLOAT = 7;
const ZERO = 8;
const ONE = 9;
const FIRST_BLOB = 12;
/** Strictly: a text with a flipped bit that is no text any more shall not be taken for one. */
const TEXT = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true });

/**
 * Reads a variable-length integer.
 *
 * @throws RangeError beyond the bytes, or when it is no safe integer
 */
export function readVarint(bytes: Uint8Array, start: number): Varint {
  let value = 0;
  // Seven times seven bits are a safe integer; longer numbers are rare, and large or negative.
  for (let index = 0; index < 7; index += 1) {
    const byte = byteAt(bytes, start + index);
    value = value * 128 + (byte & 0x7f);
    if (byte < 0x80) return { value, end: start + index + 1 };
  }
  const eighth = byteAt(bytes, start + 7);
  const most = (BigInt(value) << 7n) | BigInt(eighth & 0x7f);
  if (eighth < 0x80) return { value: safe(most), end: start + 8 };
  return { value: safe((most << 8n) | BigInt(byteAt(bytes, start + 8))), end: start + 9 };
}

function byteAt(bytes: Uint8Array, at: number): number {
  const byte = bytes[at];
  if (byte === undefined) throw new RangeError('the bytes end in a number');
  return byte;
}

function safe(value: bigint): number {
  const signed = BigInt.asIntN(64, value);
  if (signed > BigInt(Number.MAX_SAFE_INTEGER) || signed < BigInt(Number.MIN_SAFE_INTEGER)) {
    throw new RangeError('a number is too large');
  }
  return Number(signed);
}

/**
 * The values of a record.
 *
 * @throws RangeError when it is not one
 */
export function readRecord(bytes: Uint8Array): SqlValue[] {
  const { value: headerEnd, end } = readVarint(bytes, 0);
  if (headerEnd > bytes.length || headerEnd < end) throw new RangeError('no record');
  const values: SqlValue[] = [];
  let at = headerEnd;
  for (let typeAt = end; typeAt < headerEnd;) {
    const type = readVarint(bytes, typeAt);
    typeAt = type.end;
    const length = lengthOf(type.value);
    if (at + length > bytes.length) throw new RangeError('the record ends in a value');
    values.push(valueOf(type.value, bytes.subarray(at, at + length)));
    at += length;
  }
  if (at !== bytes.length) throw new RangeError('the record is longer than its values');
  return values;
}

function lengthOf(type: number): number {
  if (type >= FIRST_BLOB) return (type - FIRST_BLOB) >> 1;
  if (type === FLOAT) return 8;
  if (type === ZERO || type === ONE) return 0;
  const length = INTEGER_BYTES[type];
  if (length === undefined) throw new RangeError('no such type');
  return length;
}

function valueOf(type: number, bytes: Uint8Array): SqlValue {
  if (type === 0) return null;
  if (type === ZERO || type === ONE) return type - ZERO;
  if (type >= FIRST_BLOB) {
    return type % 2 === 0 ? bytes : TEXT.decode(bytes);
  }
  if (type === FLOAT) return new DataView(bytes.buffer, bytes.byteOffset, 8).getFloat64(0);
  return integerOf(bytes);
}

function integerOf(bytes: Uint8Array): number | bigint {
  if (bytes.length <= 6) {
    const negative = (bytes[0] ?? 0) >= 0x80 ? 256 ** bytes.length : 0;
    return bytes.reduce((number, byte) => number * 256 + byte, 0) - negative;
  }
  let value = 0n;
  for (const byte of bytes) value = (value << 8n) | BigInt(byte);
  const signed = BigInt.asIntN(8 * bytes.length, value);
  const number = Number(signed);
  return Number.isSafeInteger(number) ? number : signed;
}

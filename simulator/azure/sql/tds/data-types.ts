/**
 * Types and values on the wire.
 *
 * Source: [MS-TDS] 2.2.5.4 (types), 2.2.5.5 (values).
 */
import {
  MAX_LENGTH,
  SqlDecimal,
  SqlInstant,
  isText,
  plainText,
  type SqlType,
  type SqlValue,
} from '../core/types.ts';
import { notSupported } from '../core/sql-error.ts';
import { ProtocolError, type ByteReader } from './byte-reader.ts';
import { COLLATION, uint16, uint32 } from './wire-format.ts';

const TYPE = {
  null: 0x1f,
  integer: 0x26,
  date: 0x28,
  dateTime2: 0x2a,
  bit: 0x68,
  decimal: 0x6a,
  numeric: 0x6c,
  float: 0x6d,
  dateTime: 0x6f,
  varchar: 0xa7,
  char: 0xaf,
  nvarchar: 0xe7,
  nchar: 0xef,
} as const;

const PLP_LENGTH = 0xffff;
const PLP_NULL = 0xffff_ffff_ffff_ffffn;
const MICROS_PER_DAY = 86_400_000_000n;
/** Days from 0001-01-01 and from 1900-01-01 to 1970-01-01. */
const DAYS_FROM_YEAR_1 = 719_162n;
const DAYS_FROM_1900 = 25_567n;
const INTEGER_BYTES = { tinyint: 1, smallint: 2, int: 4, bigint: 8 } as const;

/** A parameter's or column's type as the wire has it. */
export interface WireType {
  readonly type: SqlType;
  /** First byte of the type. */
  readonly id: number;
  /** Text of any length comes in pieces. */
  readonly isPieced: boolean;
}

const READERS: Readonly<Record<number, (reader: ByteReader) => SqlType>> = {
  [TYPE.null]: () => ({ name: 'int' }),
  [TYPE.integer]: (reader) => ({ name: integerName(reader.uint8()) }),
  [TYPE.bit]: (reader) => withoutLength(reader, { name: 'bit' }),
  [TYPE.float]: (reader) => ({ name: reader.uint8() === 4 ? 'real' : 'float' }),
  [TYPE.date]: () => ({ name: 'date' }),
  [TYPE.dateTime2]: (reader) => ({ name: 'datetime2', scale: reader.uint8() }),
  [TYPE.dateTime]: (reader) => withoutLength(reader, { name: 'datetime' }),
  [TYPE.decimal]: readDecimalType,
  [TYPE.numeric]: readDecimalType,
};
const TEXT_TYPES: ReadonlySet<number> = new Set([
  TYPE.nvarchar,
  TYPE.nchar,
  TYPE.varchar,
  TYPE.char,
]);

/**
 * Reads TYPE_INFO.
 *
 * @throws SqlError for a type that the local Azure SQL does not know
 */
export function readType(reader: ByteReader): WireType {
  const id = reader.uint8();
  if (TEXT_TYPES.has(id)) return readTextType(reader, id);
  const read = READERS[id];
  if (read === undefined) throw notSupported(`data type 0x${id.toString(16)} on the wire`);
  return { type: read(reader), id, isPieced: false };
}

function withoutLength(reader: ByteReader, type: SqlType): SqlType {
  reader.uint8();
  return type;
}

function readDecimalType(reader: ByteReader): SqlType {
  reader.uint8();
  const precision = reader.uint8();
  return { name: 'decimal', precision, scale: reader.uint8() };
}

function readTextType(reader: ByteReader, id: number): WireType {
  const bytes = reader.uint16();
  reader.bytes(COLLATION.length);
  const isPieced = bytes === PLP_LENGTH;
  const isWide = id === TYPE.nvarchar || id === TYPE.nchar;
  const length = isPieced ? MAX_LENGTH : bytes / (isWide ? 2 : 1);
  return { type: { name: isWide ? 'nvarchar' : 'varchar', length }, id, isPieced };
}

function integerName(bytes: number): 'tinyint' | 'smallint' | 'int' | 'bigint' {
  if (bytes === 1) return 'tinyint';
  if (bytes === 2) return 'smallint';
  return bytes === 4 ? 'int' : 'bigint';
}

/** Reads a value of the type. */
export function readValue(reader: ByteReader, { type, id, isPieced }: WireType): SqlValue {
  if (id === TYPE.null) return null;
  if (isText(type)) {
    const bytes = isPieced ? readPieces(reader) : readCounted(reader);
    return bytes?.toString(type.name === 'nvarchar' ? 'utf16le' : 'latin1') ?? null;
  }
  const length = reader.uint8();
  if (length === 0) return null;
  return decode(type, reader.bytes(length));
}

function readCounted(reader: ByteReader): Buffer | undefined {
  const length = reader.uint16();
  return length === PLP_LENGTH ? undefined : reader.bytes(length);
}

function readPieces(reader: ByteReader): Buffer | undefined {
  if (reader.uint64() === PLP_NULL) return undefined;
  const pieces: Buffer[] = [];
  for (;;) {
    const length = reader.uint32();
    if (length === 0) return Buffer.concat(pieces);
    pieces.push(reader.bytes(length));
  }
}

function decode(type: SqlType, bytes: Buffer): SqlValue {
  switch (type.name) {
    case 'bit':
      return bytes.readUInt8() !== 0;
    case 'tinyint':
      return bytes.readUInt8();
    case 'smallint':
    case 'int':
      return bytes.readIntLE(0, bytes.length);
    case 'bigint':
      return bytes.readBigInt64LE();
    case 'real':
      return bytes.readFloatLE();
    case 'float':
      return bytes.readDoubleLE();
    default:
      return decodeObject(type, bytes);
  }
}

function decodeObject(type: SqlType, bytes: Buffer): SqlValue {
  switch (type.name) {
    case 'date':
      return new SqlInstant(daysToMicros(bytes.readUIntLE(0, 3)));
    case 'datetime2':
      return new SqlInstant(decodeDateTime2(bytes, type.scale));
    case 'datetime':
      return new SqlInstant(decodeDateTime(bytes));
    case 'decimal': {
      const magnitude = BigInt(`0x${Buffer.from(bytes.subarray(1)).reverse().toString('hex')}`);
      return new SqlDecimal(bytes[0] === 1 ? magnitude : -magnitude, type.scale);
    }
    default:
      throw new ProtocolError(`a ${type.name} has no such value`);
  }
}

function daysToMicros(daysFromYear1: number): bigint {
  return (BigInt(daysFromYear1) - DAYS_FROM_YEAR_1) * MICROS_PER_DAY;
}

function decodeDateTime2(bytes: Buffer, scale: number): bigint {
  const timeBytes = bytes.length - 3;
  const ticks = BigInt(bytes.readUIntLE(0, timeBytes));
  const micros = (ticks * 1_000_000n) / 10n ** BigInt(scale);
  return daysToMicros(bytes.readUIntLE(timeBytes, 3)) + micros;
}

/** Three hundredths of a second; SQL Server shows them in whole milliseconds. */
function decodeDateTime(bytes: Buffer): bigint {
  if (bytes.length === 4) {
    const days = BigInt(bytes.readUInt16LE(0)) - DAYS_FROM_1900;
    return days * MICROS_PER_DAY + BigInt(bytes.readUInt16LE(2)) * 60_000_000n;
  }
  const days = BigInt(bytes.readInt32LE(0)) - DAYS_FROM_1900;
  const millis = BigInt(Math.round((bytes.readUInt32LE(4) * 10) / 3));
  return days * MICROS_PER_DAY + millis * 1_000n;
}

/** TYPE_INFO of a result's column. */
export function writeType(type: SqlType): Buffer {
  switch (type.name) {
    case 'bit':
      return Buffer.from([TYPE.bit, 1]);
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
      return Buffer.from([TYPE.integer, INTEGER_BYTES[type.name]]);
    case 'real':
      return Buffer.from([TYPE.float, 4]);
    case 'float':
      return Buffer.from([TYPE.float, 8]);
    case 'date':
      return Buffer.from([TYPE.date]);
    case 'datetime':
      return Buffer.from([TYPE.dateTime2, 3]);
    case 'datetime2':
      return Buffer.from([TYPE.dateTime2, type.scale]);
    case 'decimal':
      return Buffer.from([TYPE.numeric, 17, type.precision, type.scale]);
    default:
      return Buffer.concat([Buffer.from([TYPE.nvarchar]), uint16(PLP_LENGTH), COLLATION]);
  }
}

/** A value of a result. */
export function writeValue(value: SqlValue, type: SqlType): Buffer {
  if (isText(type)) return writePieces(value);
  if (value === null) return Buffer.from([0]);
  const bytes = encode(value, type);
  return Buffer.concat([Buffer.from([bytes.length]), bytes]);
}

function writePieces(value: SqlValue): Buffer {
  const head = Buffer.alloc(8);
  if (value === null) {
    head.writeBigUInt64LE(PLP_NULL);
    return head;
  }
  const text = Buffer.from(plainText(value), 'utf16le');
  head.writeBigUInt64LE(BigInt(text.length));
  const piece = text.length === 0 ? [] : [uint32(text.length), text];
  return Buffer.concat([head, ...piece, uint32(0)]);
}

function encode(value: NonNullable<SqlValue>, type: SqlType): Buffer {
  switch (type.name) {
    case 'bit':
      return Buffer.from([value === true ? 1 : 0]);
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint': {
      const bytes = Buffer.alloc(8);
      bytes.writeBigInt64LE(BigInt.asIntN(64, BigInt(plainText(value))));
      return bytes.subarray(0, INTEGER_BYTES[type.name]);
    }
    case 'real': {
      const bytes = Buffer.alloc(4);
      bytes.writeFloatLE(Number(value));
      return bytes;
    }
    case 'float': {
      const bytes = Buffer.alloc(8);
      bytes.writeDoubleLE(Number(value));
      return bytes;
    }
    default:
      return encodeObject(value, type);
  }
}

function encodeObject(value: NonNullable<SqlValue>, type: SqlType): Buffer {
  if (value instanceof SqlDecimal) {
    const bytes = Buffer.alloc(17);
    bytes.writeUInt8(value.unscaled < 0n ? 0 : 1);
    const magnitude = value.unscaled < 0n ? -value.unscaled : value.unscaled;
    bytes.writeBigUInt64LE(BigInt.asUintN(64, magnitude), 1);
    bytes.writeBigUInt64LE(BigInt.asUintN(64, magnitude >> 64n), 9);
    return bytes;
  }
  if (!(value instanceof SqlInstant)) throw new ProtocolError(`no ${type.name}: ${typeof value}`);
  const scale = type.name === 'datetime2' ? type.scale : 3;
  const sinceYear1 = value.epochMicros + DAYS_FROM_YEAR_1 * MICROS_PER_DAY;
  const date = Buffer.alloc(3);
  date.writeUIntLE(Number(sinceYear1 / MICROS_PER_DAY), 0, 3);
  if (type.name === 'date') return date;
  const ticks = ((sinceYear1 % MICROS_PER_DAY) * 10n ** BigInt(scale)) / 1_000_000n;
  const time = Buffer.alloc(timeBytesOf(scale));
  time.writeUIntLE(Number(ticks), 0, time.length);
  return Buffer.concat([time, date]);
}

function timeBytesOf(scale: number): number {
  if (scale <= 2) return 3;
  return scale <= 4 ? 4 : 5;
}

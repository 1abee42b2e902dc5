/** The data types of T-SQL that the local Azure SQL knows, and how each is kept in DuckDB. */
import { notSupported } from './sql-error.ts';

/** Length of `nvarchar(max)` and its like. */
export const MAX_LENGTH = -1;

/** A type with its length, precision and scale. */
export type SqlType =
  | { readonly name: 'bit' | 'tinyint' | 'smallint' | 'int' | 'bigint' | 'real' | 'float' | 'date' }
  /** Characters; `MAX_LENGTH` for max. */
  | { readonly name: 'nvarchar' | 'varchar'; readonly length: number }
  /** Digits of the second's fraction, 0 to 7. */
  | { readonly name: 'datetime2'; readonly scale: number }
  | { readonly name: 'datetime' }
  | { readonly name: 'decimal'; readonly precision: number; readonly scale: number };

/** A value on its way between the wire and DuckDB; instants are microseconds since 1970, UTC. */
export type SqlValue = null | boolean | number | bigint | string | SqlInstant | SqlDecimal;

/** An instant without a time zone. */
export class SqlInstant {
  readonly epochMicros: bigint;

  constructor(epochMicros: bigint) {
    this.epochMicros = epochMicros;
  }
}

/** An exact number: `unscaled` divided by ten to the power of `scale`. */
export class SqlDecimal {
  readonly unscaled: bigint;
  readonly scale: number;

  constructor(unscaled: bigint, scale: number) {
    this.unscaled = unscaled;
    this.scale = scale;
  }
}

/** A value as text; NULL is empty. */
export function plainText(value: SqlValue | undefined): string {
  if (value instanceof SqlInstant) return `${value.epochMicros} µs`;
  if (value instanceof SqlDecimal) return `${value.unscaled}e-${value.scale}`;
  return value === null || value === undefined ? '' : String(value);
}

/** Whether values of the type are text. */
export function isText(type: SqlType): type is Extract<SqlType, { length: number }> {
  return 'length' in type;
}

type Numbers = readonly (number | undefined)[];

const TYPES: Readonly<Record<string, (numbers: Numbers) => SqlType>> = {
  bit: () => ({ name: 'bit' }),
  tinyint: () => ({ name: 'tinyint' }),
  smallint: () => ({ name: 'smallint' }),
  int: () => ({ name: 'int' }),
  integer: () => ({ name: 'int' }),
  bigint: () => ({ name: 'bigint' }),
  real: () => ({ name: 'real' }),
  float: ([bits = 53]) => ({ name: bits <= 24 ? 'real' : 'float' }),
  date: () => ({ name: 'date' }),
  datetime: () => ({ name: 'datetime' }),
  datetime2: ([scale = 7]) => ({ name: 'datetime2', scale }),
  nvarchar: ([length = 1]) => ({ name: 'nvarchar', length }),
  varchar: ([length = 1]) => ({ name: 'varchar', length }),
  sysname: () => ({ name: 'nvarchar', length: 128 }),
  decimal: ([precision = 18, scale = 0]) => ({ name: 'decimal', precision, scale }),
  numeric: ([precision = 18, scale = 0]) => ({ name: 'decimal', precision, scale }),
};

/**
 * The type that a declaration names.
 *
 * @param numbers what stands in its brackets; `MAX_LENGTH` for max
 * @throws SqlError when the local Azure SQL does not know it
 */
export function sqlType(name: string, numbers: Numbers, line: number): SqlType {
  const lower = name.toLowerCase();
  const make = Object.hasOwn(TYPES, lower) ? TYPES[lower] : undefined;
  if (make === undefined) throw notSupported(`type ${name}`, line);
  return make(numbers);
}

const DUCK_TYPES: Readonly<Record<Exclude<SqlType['name'], 'datetime2' | 'decimal'>, string>> = {
  bit: 'BOOLEAN',
  tinyint: 'UTINYINT',
  smallint: 'SMALLINT',
  int: 'INTEGER',
  bigint: 'BIGINT',
  real: 'FLOAT',
  float: 'DOUBLE',
  date: 'DATE',
  datetime: 'TIMESTAMP_MS',
  nvarchar: 'VARCHAR',
  varchar: 'VARCHAR',
};

/** DuckDB's type that keeps it. DuckDB counts microseconds: a seventh digit is lost. */
export function duckType(type: SqlType): string {
  if (type.name === 'decimal') return `DECIMAL(${type.precision}, ${type.scale})`;
  if (type.name !== 'datetime2') return DUCK_TYPES[type.name];
  if (type.scale === 0) return 'TIMESTAMP_S';
  return type.scale <= 3 ? 'TIMESTAMP_MS' : 'TIMESTAMP';
}

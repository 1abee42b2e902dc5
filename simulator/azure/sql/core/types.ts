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

/**
 * The type that a declaration names.
 *
 * @param numbers what stands in its brackets; `MAX_LENGTH` for max
 * @throws SqlError when the local Azure SQL does not know it
 */
export function sqlType(name: string, numbers: readonly number[], line: number): SqlType {
  const [first, second] = numbers;
  const lower = name.toLowerCase();
  switch (lower) {
    case 'bit':
    case 'tinyint':
    case 'smallint':
    case 'int':
    case 'bigint':
    case 'real':
    case 'date':
    case 'datetime':
      return { name: lower };
    case 'integer':
      return { name: 'int' };
    case 'float':
      return { name: first !== undefined && first <= 24 ? 'real' : 'float' };
    case 'nvarchar':
    case 'varchar':
      return { name: lower, length: first ?? 1 };
    case 'sysname':
      return { name: 'nvarchar', length: 128 };
    case 'datetime2':
      return { name: 'datetime2', scale: first ?? 7 };
    case 'decimal':
    case 'numeric':
      return { name: 'decimal', precision: first ?? 18, scale: second ?? 0 };
    default:
      throw notSupported(`type ${name}`, line);
  }
}

/** The type as a declaration writes it. */
export function declarationOf(type: SqlType): string {
  if (isText(type)) return `${type.name}(${type.length === MAX_LENGTH ? 'max' : type.length})`;
  if (type.name === 'datetime2') return `datetime2(${type.scale})`;
  if (type.name === 'decimal') return `decimal(${type.precision}, ${type.scale})`;
  return type.name;
}

/** DuckDB's type that keeps it. DuckDB counts microseconds: a seventh digit is lost. */
export function duckType(type: SqlType): string {
  switch (type.name) {
    case 'bit':
      return 'BOOLEAN';
    case 'tinyint':
      return 'UTINYINT';
    case 'smallint':
      return 'SMALLINT';
    case 'int':
      return 'INTEGER';
    case 'bigint':
      return 'BIGINT';
    case 'real':
      return 'FLOAT';
    case 'float':
      return 'DOUBLE';
    case 'date':
      return 'DATE';
    case 'datetime':
      return 'TIMESTAMP_MS';
    case 'datetime2':
      if (type.scale === 0) return 'TIMESTAMP_S';
      return type.scale <= 3 ? 'TIMESTAMP_MS' : 'TIMESTAMP';
    case 'decimal':
      return `DECIMAL(${type.precision}, ${type.scale})`;
    default:
      return 'VARCHAR';
  }
}

/** Values and types between DuckDB and T-SQL. */
import {
  BIGINT,
  BOOLEAN,
  DATE,
  DECIMAL,
  DOUBLE,
  DuckDBDateValue,
  DuckDBDecimalType,
  DuckDBDecimalValue,
  DuckDBTimestampMillisecondsValue,
  DuckDBTimestampSecondsValue,
  DuckDBTimestampTZValue,
  DuckDBTimestampValue,
  DuckDBTypeId,
  FLOAT,
  INTEGER,
  SMALLINT,
  TIMESTAMP,
  UTINYINT,
  VARCHAR,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import { MAX_LENGTH, SqlDecimal, SqlInstant, type SqlType, type SqlValue } from '../core/types.ts';

const MICROS_PER_DAY = 86_400_000_000n;

/** The T-SQL type of a result's column. Whole numbers larger than a bigint become one. */
export function sqlTypeOf(type: DuckDBType): SqlType {
  switch (type.typeId) {
    case DuckDBTypeId.BOOLEAN:
      return { name: 'bit' };
    case DuckDBTypeId.UTINYINT:
      return { name: 'tinyint' };
    case DuckDBTypeId.SMALLINT:
      return { name: 'smallint' };
    case DuckDBTypeId.INTEGER:
      return { name: 'int' };
    case DuckDBTypeId.BIGINT:
    case DuckDBTypeId.HUGEINT:
      return { name: 'bigint' };
    case DuckDBTypeId.FLOAT:
      return { name: 'real' };
    case DuckDBTypeId.DOUBLE:
      return { name: 'float' };
    case DuckDBTypeId.DATE:
      return { name: 'date' };
    case DuckDBTypeId.TIMESTAMP_S:
      return { name: 'datetime2', scale: 0 };
    case DuckDBTypeId.TIMESTAMP_MS:
      return { name: 'datetime2', scale: 3 };
    case DuckDBTypeId.TIMESTAMP:
    case DuckDBTypeId.TIMESTAMP_TZ:
      return { name: 'datetime2', scale: 7 };
    default:
      if (type instanceof DuckDBDecimalType) {
        return { name: 'decimal', precision: type.width, scale: type.scale };
      }
      return { name: 'nvarchar', length: MAX_LENGTH };
  }
}

/** A value that DuckDB gave. */
export function fromDuck(value: DuckDBValue): SqlValue {
  switch (typeof value) {
    case 'boolean':
    case 'number':
    case 'string':
    case 'bigint':
      return value;
    default:
      return value === null ? null : fromDuckObject(value);
  }
}

function fromDuckObject(value: NonNullable<DuckDBValue>): SqlValue {
  if (value instanceof DuckDBTimestampMillisecondsValue) {
    return new SqlInstant(value.millis * 1_000n);
  }
  if (value instanceof DuckDBTimestampValue || value instanceof DuckDBTimestampTZValue) {
    return new SqlInstant(value.micros);
  }
  if (value instanceof DuckDBTimestampSecondsValue) {
    return new SqlInstant(value.seconds * 1_000_000n);
  }
  if (value instanceof DuckDBDateValue) return new SqlInstant(BigInt(value.days) * MICROS_PER_DAY);
  if (value instanceof DuckDBDecimalValue) return new SqlDecimal(value.value, value.scale);
  return String(value);
}

/** A value that DuckDB takes for the type. */
export function toDuck(value: SqlValue, type: SqlType): DuckDBValue {
  if (value instanceof SqlDecimal) {
    return new DuckDBDecimalValue(value.unscaled, 38, value.scale);
  }
  if (value instanceof SqlInstant) {
    return type.name === 'date'
      ? new DuckDBDateValue(Number(value.epochMicros / MICROS_PER_DAY))
      : new DuckDBTimestampValue(value.epochMicros);
  }
  if (type.name === 'bigint' && typeof value === 'number') return BigInt(value);
  return value;
}

/** DuckDB's type for values of `toDuck`. */
export function duckValueType(type: SqlType): DuckDBType {
  switch (type.name) {
    case 'bit':
      return BOOLEAN;
    case 'tinyint':
      return UTINYINT;
    case 'smallint':
      return SMALLINT;
    case 'int':
      return INTEGER;
    case 'bigint':
      return BIGINT;
    case 'real':
      return FLOAT;
    case 'float':
      return DOUBLE;
    case 'date':
      return DATE;
    case 'datetime':
    case 'datetime2':
      return TIMESTAMP;
    case 'decimal':
      return DECIMAL(38, type.scale);
    default:
      return VARCHAR;
  }
}

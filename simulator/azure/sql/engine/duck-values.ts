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

const TYPES: Readonly<Partial<Record<DuckDBTypeId, SqlType>>> = {
  [DuckDBTypeId.BOOLEAN]: { name: 'bit' },
  [DuckDBTypeId.UTINYINT]: { name: 'tinyint' },
  [DuckDBTypeId.SMALLINT]: { name: 'smallint' },
  [DuckDBTypeId.INTEGER]: { name: 'int' },
  [DuckDBTypeId.BIGINT]: { name: 'bigint' },
  [DuckDBTypeId.HUGEINT]: { name: 'bigint' },
  [DuckDBTypeId.FLOAT]: { name: 'real' },
  [DuckDBTypeId.DOUBLE]: { name: 'float' },
  [DuckDBTypeId.DATE]: { name: 'date' },
  [DuckDBTypeId.TIMESTAMP_S]: { name: 'datetime2', scale: 0 },
  [DuckDBTypeId.TIMESTAMP_MS]: { name: 'datetime2', scale: 3 },
  [DuckDBTypeId.TIMESTAMP]: { name: 'datetime2', scale: 7 },
  [DuckDBTypeId.TIMESTAMP_TZ]: { name: 'datetime2', scale: 7 },
};

/** The T-SQL type of a result's column. Whole numbers larger than a bigint become one. */
export function sqlTypeOf(type: DuckDBType): SqlType {
  if (type instanceof DuckDBDecimalType) {
    return { name: 'decimal', precision: type.width, scale: type.scale };
  }
  return TYPES[type.typeId] ?? { name: 'nvarchar', length: MAX_LENGTH };
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

const VALUE_TYPES: Readonly<Record<Exclude<SqlType['name'], 'decimal'>, DuckDBType>> = {
  bit: BOOLEAN,
  tinyint: UTINYINT,
  smallint: SMALLINT,
  int: INTEGER,
  bigint: BIGINT,
  real: FLOAT,
  float: DOUBLE,
  date: DATE,
  datetime: TIMESTAMP,
  datetime2: TIMESTAMP,
  nvarchar: VARCHAR,
  varchar: VARCHAR,
};

/** DuckDB's type for values of `toDuck`. */
export function duckValueType(type: SqlType): DuckDBType {
  return type.name === 'decimal' ? DECIMAL(38, type.scale) : VALUE_TYPES[type.name];
}

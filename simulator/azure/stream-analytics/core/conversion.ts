/**
 * Conversions between types.
 *
 * Source: Stream Analytics query language, "Data types" and "TRY_CAST".
 */
import { formatInstant, isInRange, parseIsoInstant } from './civil-time.ts';
import {
  SqlDateTime,
  fitsBigint,
  fromJson,
  isRecord,
  toJsonText,
  typeOf,
  type SqlType,
  type Value,
} from './values.ts';

const NUMBER_TEXT = /^[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$/i;
const WHOLE_NUMBER_TEXT = /^[+-]?\d+$/;

/** Converts as TRY_CAST does: NULL for what cannot be converted, and for NULL. */
export function tryCast(value: Value, type: SqlType): Value {
  if (value === null || typeOf(value) === type) return value;
  switch (type) {
    case 'bigint':
      return toBigint(value);
    case 'float':
      return toFloat(value);
    case 'nvarchar(max)':
      return toText(value);
    case 'datetime':
      return toDateTime(value);
    case 'bit':
      return toBit(value);
    case 'record':
    case 'array':
      return parseJsonText(value, type);
  }
}

function toBigint(value: Value): bigint | null {
  if (typeof value === 'boolean') return value ? 1n : 0n;
  if (typeof value === 'number') {
    return Number.isFinite(value) ? within64Bits(BigInt(Math.trunc(value))) : null;
  }
  if (typeof value === 'string' && WHOLE_NUMBER_TEXT.test(value.trim())) {
    return within64Bits(BigInt(value.trim().replace(/^\+/, '')));
  }
  return null;
}

function within64Bits(value: bigint): bigint | null {
  return fitsBigint(value) ? value : null;
}

function toFloat(value: Value): number | null {
  if (typeof value === 'bigint') return Number(value);
  if (typeof value === 'boolean') return value ? 1 : 0;
  if (typeof value !== 'string' || !NUMBER_TEXT.test(value.trim())) return null;
  const parsed = Number(value.trim());
  return Number.isFinite(parsed) ? parsed : null;
}

function toText(value: Value): string | null {
  if (typeof value === 'bigint' || typeof value === 'number') return String(value);
  if (typeof value === 'boolean') return value ? '1' : '0';
  if (value instanceof SqlDateTime) return formatInstant(value.epochMs);
  return typeof value === 'object' && value !== null ? toJsonText(value) : null;
}

function toDateTime(value: Value): SqlDateTime | null {
  if (typeof value !== 'string') return null;
  const epochMs = parseIsoInstant(value);
  return epochMs === undefined || !isInRange(epochMs) ? null : new SqlDateTime(epochMs);
}

function toBit(value: Value): boolean | null {
  if (typeof value === 'bigint') return value !== 0n;
  if (typeof value === 'number') return value !== 0;
  if (typeof value !== 'string') return null;
  const text = value.trim().toLowerCase();
  if (text === 'true' || text === '1') return true;
  return text === 'false' || text === '0' ? false : null;
}

function parseJsonText(value: Value, type: 'record' | 'array'): Value {
  if (typeof value !== 'string') return null;
  try {
    const parsed = fromJson(JSON.parse(value));
    return isRecord(parsed) === (type === 'record') && typeof parsed === 'object' ? parsed : null;
  } catch {
    return null;
  }
}

/**
 * Values as text that survives a restart, and back.
 *
 * Each value is tagged with its type, so that no content of a record can pass for something else.
 */
import { SqlDateTime, isRecord, record, type Value } from './values.ts';

/** What JSON can carry. */
export type Json =
  null | boolean | number | string | readonly Json[] | { readonly [name: string]: Json };

/** Encodes a value as JSON; `decodeValue` gives it back. */
export function encodeValue(value: Value): Json {
  if (value === null || typeof value === 'boolean' || typeof value === 'string') return value;
  if (typeof value === 'bigint') return ['i', value.toString()];
  if (typeof value === 'number') return Number.isFinite(value) ? value : ['f', String(value)];
  if (value instanceof SqlDateTime) return ['d', value.epochMs];
  if (isRecord(value)) {
    return ['r', ...Object.entries(value).map(([name, field]) => [name, encodeValue(field)])];
  }
  return ['a', ...value.map(encodeValue)];
}

/** @throws Error when the text was not written by `encodeValue` */
export function decodeValue(json: Json): Value {
  if (json === null || typeof json !== 'object') return json;
  if (!isList(json)) throw new Error('saved state: a value has no tag');
  const [tag, ...rest] = json;
  switch (tag) {
    case 'i':
      return BigInt(text(rest[0]));
    case 'f':
      return Number(rest[0]);
    case 'd':
      return new SqlDateTime(Number(rest[0]));
    case 'r':
      return record(rest.map(decodeField));
    case 'a':
      return rest.map(decodeValue);
    default:
      throw new Error('saved state: a value has an unknown tag');
  }
}

/** @throws Error when saved state has something else where a text or number must be */
export function text(json: Json | undefined): string {
  if (typeof json === 'string' || typeof json === 'number') return String(json);
  throw new Error('saved state: a text is expected');
}

function decodeField(json: Json): [string, Value] {
  if (!isList(json)) throw new Error('saved state: a field is not a pair');
  const [name = null, value = null] = json;
  return [text(name), decodeValue(value)];
}

function isList(json: Json): json is readonly Json[] {
  return Array.isArray(json);
}

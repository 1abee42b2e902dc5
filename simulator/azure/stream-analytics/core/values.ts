/**
 * The values of the query language as TypeScript has them.
 *
 * `bigint` is a JavaScript bigint and `float` a number, so that 8 and 8.0 stay different things.
 */
import { formatInstant } from './civil-time.ts';

/** An instant, epoch milliseconds. */
export class SqlDateTime {
  readonly epochMs: number;

  constructor(epochMs: number) {
    this.epochMs = epochMs;
  }
}

/** A JSON object; its keys are data of strangers, so it has no prototype. */
export interface SqlRecord {
  readonly [name: string]: Value;
}

/** Any value that a column can hold. */
export type Value =
  null | boolean | bigint | number | string | SqlDateTime | SqlRecord | readonly Value[];

/** Names of the types as casts spell them. */
export type SqlType =
  'bigint' | 'float' | 'nvarchar(max)' | 'datetime' | 'bit' | 'record' | 'array';

const LARGEST_BIGINT = 2n ** 63n - 1n;

/** Whether a whole number fits the type `bigint`, which has 64 bits. */
export function fitsBigint(value: bigint): boolean {
  return value <= LARGEST_BIGINT && value >= -LARGEST_BIGINT - 1n;
}

/** Type of a value; NULL has none. */
export function typeOf(value: Value): SqlType | undefined {
  if (value === null) return undefined;
  switch (typeof value) {
    case 'bigint':
      return 'bigint';
    case 'number':
      return 'float';
    case 'string':
      return 'nvarchar(max)';
    case 'boolean':
      return 'bit';
    default:
      if (value instanceof SqlDateTime) return 'datetime';
      return Array.isArray(value) ? 'array' : 'record';
  }
}

/** Whether a value is a record. */
export function isRecord(value: Value): value is SqlRecord {
  return typeOf(value) === 'record';
}

/** A record of the given fields. */
export function record(fields: Iterable<readonly [string, Value]>): SqlRecord {
  const made: Record<string, Value> = Object.create(null);
  for (const [name, value] of fields) made[name] = value;
  return made;
}

/** Field of a record; names differ in letter case only as a last resort. NULL when there is none. */
export function fieldOf(fields: SqlRecord, name: string): Value {
  const exact = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (exact !== undefined) return exact;
  const lowerName = name.toLowerCase();
  for (const candidate of Object.keys(fields)) {
    if (candidate.toLowerCase() === lowerName) return fields[candidate] ?? null;
  }
  return null;
}

/** Turns parsed JSON into values: whole numbers become bigint, others float; 1e999 is NULL. */
export function fromJson(json: unknown): Value {
  switch (typeof json) {
    case 'number':
      if (!Number.isFinite(json)) return null;
      return Number.isSafeInteger(json) ? BigInt(json) : json;
    case 'string':
    case 'boolean':
      return json;
    case 'object':
      if (json === null) return null;
      if (Array.isArray(json)) return json.map(fromJson);
      return record(Object.entries(json).map(([name, field]) => [name, fromJson(field)]));
    default:
      return null;
  }
}

/** Writes a value as the service's JSON serializer does: a float always has a point. */
export function toJsonText(value: Value): string {
  if (value === null) return 'null';
  if (typeof value === 'bigint') return value.toString();
  if (typeof value === 'number') return floatText(value);
  if (value instanceof SqlDateTime) return `"${formatInstant(value.epochMs)}"`;
  if (typeof value !== 'object') return JSON.stringify(value);
  if (isRecord(value)) {
    const fields = Object.entries(value);
    return `{${fields.map(([name, field]) => `${JSON.stringify(name)}:${toJsonText(field)}`).join(',')}}`;
  }
  return `[${value.map(toJsonText).join(',')}]`;
}

function floatText(value: number): string {
  if (!Number.isFinite(value)) return `"${value}"`;
  const text = String(value);
  return /[.e]/.test(text) ? text : `${text}.0`;
}

/** One key for values that group together: equal values, equal text. NULLs are equal here. */
export function groupingKey(values: readonly Value[]): string {
  return toJsonText(values.map((value) => (typeof value === 'bigint' ? Number(value) : value)));
}

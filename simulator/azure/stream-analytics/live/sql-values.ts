/**
 * Values of a query as columns of a table take them.
 *
 * Source: Stream Analytics, "Type mapping when writing to structured data stores".
 */
import type { ISqlType } from 'mssql';
import { SqlDateTime, toJsonText, typeOf, type Value } from '../core/values.ts';

/** A column of the table, as its server describes it. */
export interface TableColumn {
  readonly name: string;
  readonly isNullable: boolean;
  /** Name of its type in small letters, such as `datetime2`. */
  readonly type: string;
  /** The client's word for the type, with its length. */
  readonly clientType: ISqlType;
}

/** What the client sends, or why it cannot. */
export type Converted =
  | { readonly ok: true; readonly value: string | number | boolean | Date | null }
  | { readonly ok: false; readonly reason: string };

const LIMITS: Readonly<Record<string, readonly [bigint, bigint]>> = {
  tinyint: [0n, 255n],
  smallint: [-(2n ** 15n), 2n ** 15n - 1n],
  int: [-(2n ** 31n), 2n ** 31n - 1n],
  bigint: [-(2n ** 63n), 2n ** 63n - 1n],
};

/** A value for a column; a conversion that Stream Analytics does not do is a reason. */
export function toColumn(value: Value, { name, type, isNullable }: TableColumn): Converted {
  if (value === null) {
    return isNullable ? { ok: true, value } : fault(name, 'NULL', `${type} NOT NULL`);
  }
  if (type.endsWith('varchar')) return { ok: true, value: textOf(value) };
  if (typeof value === 'bigint') return wholeNumber(value, name, type);
  if (typeof value === 'number' && isFloat(type)) return { ok: true, value };
  if (typeof value === 'boolean' && type === 'bit') return { ok: true, value };
  if (value instanceof SqlDateTime && type.startsWith('datetime')) {
    return { ok: true, value: new Date(value.epochMs) };
  }
  return fault(name, typeOf(value) ?? 'NULL', type);
}

function isFloat(type: string): boolean {
  return type === 'float' || type === 'real';
}

function wholeNumber(value: bigint, name: string, type: string): Converted {
  if (isFloat(type)) return { ok: true, value: Number(value) };
  const [least, most] = (Object.hasOwn(LIMITS, type) ? LIMITS[type] : undefined) ?? [1n, 0n];
  if (value < least || value > most) return fault(name, `bigint ${value}`, type);
  return { ok: true, value: type === 'bigint' ? String(value) : Number(value) };
}

/** Text is as it is; everything else as JSON would have it. */
function textOf(value: NonNullable<Value>): string {
  if (typeof value === 'string') return value;
  return toJsonText(value).replace(/^"(.*)"$/s, '$1');
}

function fault(column: string, given: string, type: string): Converted {
  return { ok: false, reason: `column ${column} is ${type} and cannot take ${given}` };
}

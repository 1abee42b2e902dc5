/**
 * Comparing values. Logic has two values: a comparison with NULL is false.
 *
 * Source: Stream Analytics query language, "WHERE" and "Data types" (implicit conversion).
 */
import { tryCast } from './conversion.ts';
import { QueryFault, type Position } from './query-error.ts';
import { SqlDateTime, typeOf, type SqlType, type Value } from './values.ts';

/** Types in the order in which one side is converted to the other's. */
const PRECEDENCE: readonly SqlType[] = ['nvarchar(max)', 'bit', 'bigint', 'float', 'datetime'];

/**
 * Order of two values: negative, zero, positive; `undefined` when either is NULL.
 *
 * @throws QueryFault when the two have no common type
 */
export function compare(left: Value, right: Value, at: Position): number | undefined {
  if (left === null || right === null) return undefined;
  const [a, b] = alike(left, right, at);
  return a < b ? -1 : a > b ? 1 : 0;
}

type Comparable = string | number | bigint | boolean;

function alike(left: Value, right: Value, at: Position): [Comparable, Comparable] {
  const leftType = typeOf(left);
  const rightType = typeOf(right);
  const target = PRECEDENCE.findLast((type) => type === leftType || type === rightType);
  const a = target === undefined ? null : tryCast(left, target);
  const b = target === undefined ? null : tryCast(right, target);
  if (a === null || b === null) {
    throw new QueryFault(at, `cannot compare ${leftType} with ${rightType}; use TRY_CAST`);
  }
  return [comparable(a), comparable(b)];
}

function comparable(value: Value): Comparable {
  if (value instanceof SqlDateTime) return value.epochMs;
  if (value === null || typeof value === 'object') throw new Error('not a scalar');
  return value;
}

/** Turns a LIKE pattern (`%`, `_`, `[a-z]`) into a test. */
export function likePattern(pattern: string): RegExp {
  let source = '';
  for (const part of pattern.match(/\[[^\]]+\]|[\s\S]/g) ?? []) {
    if (part === '%') source += '[\\s\\S]*';
    else if (part === '_') source += '[\\s\\S]';
    else if (part.length > 1) source += `[${part.slice(1, -1).replace(/[\\\]]/g, '\\$&')}]`;
    else source += part.replace(/[\\^$.*+?()[\]{}|/]/g, '\\$&');
  }
  return new RegExp(`^${source}$`, 'i');
}

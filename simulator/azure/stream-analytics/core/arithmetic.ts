/** Arithmetic on bigint and float; NULL with anything is NULL. */
import { tryCast } from './conversion.ts';
import { QueryFault, type Position } from './query-error.ts';
import { fitsBigint, typeOf, type Value } from './values.ts';

export type ArithmeticOperator = '+' | '-' | '*' | '/' | '%';

type Operands = readonly [bigint, bigint] | readonly [number, number];

/**
 * Applies an operator; `+` joins two strings.
 *
 * @throws QueryFault for operands that are no numbers, whole division by zero and overflow
 */
export function calculate(
  operator: ArithmeticOperator,
  left: Value,
  right: Value,
  at: Position,
): Value {
  if (left === null || right === null) return null;
  if (operator === '+' && typeof left === 'string' && typeof right === 'string') {
    return left + right;
  }
  const [a, b] = numbers(left, right, at);
  if (typeof a === 'bigint' && typeof b === 'bigint') return whole(operator, a, b, at);
  return floating(operator, Number(a), Number(b));
}

function whole(operator: ArithmeticOperator, a: bigint, b: bigint, at: Position): bigint {
  if (b === 0n && (operator === '/' || operator === '%')) {
    throw new QueryFault(at, 'division by zero');
  }
  const result = wholeResult(operator, a, b);
  if (!fitsBigint(result)) throw new QueryFault(at, 'the result does not fit bigint');
  return result;
}

function wholeResult(operator: ArithmeticOperator, a: bigint, b: bigint): bigint {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
  }
}

function floating(operator: ArithmeticOperator, a: number, b: number): number {
  switch (operator) {
    case '+':
      return a + b;
    case '-':
      return a - b;
    case '*':
      return a * b;
    case '/':
      return a / b;
    case '%':
      return a % b;
  }
}

function numbers(left: Value, right: Value, at: Position): Operands {
  const a = numeric(left, at);
  const b = numeric(right, at);
  return typeof a === 'bigint' && typeof b === 'bigint' ? [a, b] : [Number(a), Number(b)];
}

/**
 * A value as a number, converted implicitly as the service does.
 *
 * @throws QueryFault when it is none
 */
export function numeric(value: Value, at: Position): bigint | number {
  if (typeof value === 'bigint' || typeof value === 'number') return value;
  const converted = tryCast(value, 'bigint') ?? tryCast(value, 'float');
  if (typeof converted === 'bigint' || typeof converted === 'number') return converted;
  throw new QueryFault(at, `${typeOf(value) ?? 'NULL'} is not a number here; use TRY_CAST`);
}

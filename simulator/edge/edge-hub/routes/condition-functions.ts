/**
 * The functions a route's condition may call.
 *
 * Each gives `undefined` for operands of the wrong kind. Source: Azure/iotedge, edge-hub,
 * Routing.Core, query/builtins. `twin_change_includes` is not supported.
 */
import type { ConditionValue } from './condition.ts';

/** What the static check knows about a value; `any` when only the message tells. */
export type ConditionType = 'string' | 'number' | 'boolean' | 'null' | 'undefined' | 'any';

export interface ConditionFunction {
  readonly operands: readonly ConditionType[];
  /** How many of `operands` may be left out, from the end. */
  readonly optional?: number;
  /** The last operand may be given many times. */
  readonly variadic?: boolean;
  readonly result: ConditionType;
  readonly apply: (operands: readonly ConditionValue[]) => ConditionValue;
}

function math(apply: (...numbers: number[]) => number, count = 1): ConditionFunction {
  return {
    operands: Array.from({ length: count }, () => 'number' as const),
    result: 'number',
    apply: (operands) =>
      operands.every((operand) => typeof operand === 'number') ? apply(...operands) : undefined,
  };
}

function test(apply: (operand: ConditionValue) => boolean): ConditionFunction {
  return { operands: ['any'], result: 'boolean', apply: ([operand]) => apply(operand) };
}

function text(
  operandCount: number,
  result: ConditionType,
  apply: (...texts: string[]) => ConditionValue,
): ConditionFunction {
  return {
    operands: Array.from({ length: operandCount }, () => 'string' as const),
    result,
    apply: (operands) =>
      operands.every((operand) => typeof operand === 'string') ? apply(...operands) : undefined,
  };
}

/** Names are in lower case; routes may write them in any. */
export const CONDITION_FUNCTIONS: ReadonlyMap<string, ConditionFunction> = new Map([
  ['abs', math((a = 0) => Math.abs(a))],
  ['exp', math((a = 0) => Math.exp(a))],
  ['power', math((a = 0, b = 0) => a ** b, 2)],
  ['square', math((a = 0) => a * a)],
  ['ceiling', math((a = 0) => Math.ceil(a))],
  ['floor', math((a = 0) => Math.floor(a))],
  ['sign', math((a = 0) => Math.sign(a))],
  ['sqrt', math((a = 0) => Math.sqrt(a))],
  ['as_number', { operands: ['any'], result: 'number', apply: ([operand]) => asNumber(operand) }],
  ['is_bool', test((operand) => typeof operand === 'boolean')],
  ['is_defined', test((operand) => operand !== undefined)],
  ['is_null', test((operand) => operand === null)],
  ['is_number', test((operand) => typeof operand === 'number')],
  ['is_string', test((operand) => typeof operand === 'string')],
  ['concat', { ...text(1, 'string', (...texts) => texts.join('')), variadic: true }],
  ['length', text(1, 'number', (a = '') => a.length)],
  ['lower', text(1, 'string', (a = '') => a.toLowerCase())],
  ['upper', text(1, 'string', (a = '') => a.toUpperCase())],
  ['index_of', text(2, 'number', (a = '', b = '') => a.indexOf(b))],
  ['starts_with', text(2, 'boolean', (a = '', b = '') => a.startsWith(b))],
  ['ends_with', text(2, 'boolean', (a = '', b = '') => a.endsWith(b))],
  ['contains', text(2, 'boolean', (a = '', b = '') => a.includes(b))],
  [
    'substring',
    {
      operands: ['string', 'number', 'number'],
      optional: 1,
      result: 'string',
      apply: ([source, start, length]) => substring(source, start, length),
    },
  ],
]);

function asNumber(operand: ConditionValue): number | undefined {
  if (typeof operand === 'number') return operand;
  if (typeof operand !== 'string' || operand.trim() === '') return undefined;
  const number = Number(operand);
  return Number.isNaN(number) ? undefined : number;
}

function substring(
  source: ConditionValue,
  start: ConditionValue,
  length: ConditionValue,
): string | undefined {
  if (typeof source !== 'string' || typeof start !== 'number' || start < 0) return undefined;
  if (length === undefined) return source.slice(start);
  return typeof length === 'number' && length >= 0
    ? source.slice(start, start + length)
    : undefined;
}

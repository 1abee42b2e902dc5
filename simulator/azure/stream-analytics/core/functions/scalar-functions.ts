/** Functions of values alone, by upper-case name. Source: Stream Analytics "Built-in functions". */
import { numeric } from '../arithmetic.ts';
import { tryCast } from '../conversion.ts';
import { QueryFault, type Position } from '../query-error.ts';
import { fieldOf, isRecord, typeOf, type Value } from '../values.ts';

/** A function and how many arguments it takes. */
export interface ScalarFunction {
  readonly least: number;
  readonly most: number;
  apply(values: readonly Value[], at: Position): Value;
}

const MANY = Number.POSITIVE_INFINITY;

/** What there is; every other name is an error. */
export const SCALAR_FUNCTIONS: ReadonlyMap<string, ScalarFunction> = new Map<
  string,
  ScalarFunction
>([
  ['ABS', numberFunction((value) => (value < 0 ? -value : value), Math.abs)],
  ['CEILING', numberFunction((value) => value, Math.ceil)],
  ['COALESCE', { least: 1, most: MANY, apply: (values) => values.find(isPresent) ?? null }],
  // CONCAT takes NULL for the empty string.
  ['CONCAT', { least: 2, most: MANY, apply: (values) => values.map(textOrEmpty).join('') }],
  ['FLOOR', numberFunction((value) => value, Math.floor)],
  ['GETARRAYELEMENT', { least: 2, most: 2, apply: arrayElement }],
  ['GETARRAYLENGTH', { least: 1, most: 1, apply: arrayLength }],
  ['GETRECORDPROPERTYVALUE', { least: 2, most: 2, apply: recordProperty }],
  ['GETTYPE', { least: 1, most: 1, apply: ([value = null]) => typeOf(value) ?? null }],
  ['LEN', textFunction((text) => BigInt(text.length))],
  ['LOWER', textFunction((text) => text.toLowerCase())],
  ['REPLACE', { least: 3, most: 3, apply: replace }],
  ['ROUND', { least: 1, most: 2, apply: round }],
  ['SUBSTRING', { least: 3, most: 3, apply: substring }],
  ['TRIM', textFunction((text) => text.trim())],
  ['UPPER', textFunction((text) => text.toUpperCase())],
]);

function isPresent(value: Value): boolean {
  return value !== null;
}

function textOf(value: Value): string | null {
  const text = tryCast(value, 'nvarchar(max)');
  return typeof text === 'string' ? text : null;
}

function textOrEmpty(value: Value): string {
  return textOf(value) ?? '';
}

function textFunction(apply: (text: string) => Value): ScalarFunction {
  return {
    least: 1,
    most: 1,
    apply: ([value = null]) => {
      const text = textOf(value);
      return text === null ? null : apply(text);
    },
  };
}

function numberFunction(
  whole: (value: bigint) => bigint,
  floating: (value: number) => number,
): ScalarFunction {
  return {
    least: 1,
    most: 1,
    apply: ([value = null], at) => {
      if (value === null) return null;
      const number = numeric(value, at);
      return typeof number === 'bigint' ? whole(number) : floating(number);
    },
  };
}

/** Half away from zero, and bigint stays bigint. */
function round([value = null, digits = 0n]: readonly Value[], at: Position): Value {
  if (value === null) return null;
  const number = numeric(value, at);
  if (typeof number === 'bigint') return number;
  const factor = 10 ** Number(numeric(digits, at));
  const scaled = Math.round(Math.abs(number) * factor) / factor;
  return number < 0 ? -scaled : scaled;
}

/** Positions count from 1; what lies outside the text is cut off. */
function substring(
  [value = null, start = null, length = null]: readonly Value[],
  at: Position,
): Value {
  const text = textOf(value);
  if (text === null || start === null || length === null) return null;
  const first = Number(numeric(start, at)) - 1;
  const count = Number(numeric(length, at));
  if (count < 0) throw new QueryFault(at, 'SUBSTRING takes no negative length');
  return text.slice(Math.max(first, 0), Math.max(first + count, 0));
}

function replace([value = null, search = null, by = null]: readonly Value[]): Value {
  const text = textOf(value);
  const pattern = textOf(search);
  const replacement = textOf(by);
  if (text === null || pattern === null || replacement === null) return null;
  return pattern === '' ? text : text.split(pattern).join(replacement);
}

function recordProperty([value = null, name = null]: readonly Value[]): Value {
  return isRecord(value) && typeof name === 'string' ? fieldOf(value, name) : null;
}

function arrayElement([value = null, index = null]: readonly Value[]): Value {
  if (!Array.isArray(value) || typeof index !== 'bigint') return null;
  const list: readonly Value[] = value;
  return list[Number(index)] ?? null;
}

function arrayLength([value = null]: readonly Value[]): Value {
  return Array.isArray(value) ? BigInt(value.length) : null;
}

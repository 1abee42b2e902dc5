/** DATEADD, DATEDIFF, DATEPART and DATENAME, in UTC. */
import { DAY_MS, fromCivil, isInRange, toCivil, type CivilTime } from '../civil-time.ts';
import { tryCast } from '../conversion.ts';
import type { Expression } from '../language/ast.ts';
import { QueryFault, type Position } from '../query-error.ts';
import { SqlDateTime, typeOf, type Value } from '../values.ts';
import { UNIT_MS, dateUnit, type DateUnit } from './date-units.ts';

type Apply = (values: readonly Value[], at: Position) => Value;

/** A function whose first argument is a date part. */
export interface DateFunction {
  /** With the date part. */
  readonly argumentCount: number;
  /** @throws QueryError when the argument is not a date part */
  readonly bind: (unit: Expression) => Apply;
}

/** The functions whose first argument is a date part, by upper-case name. */
export const DATE_FUNCTIONS: ReadonlyMap<string, DateFunction> = new Map<string, DateFunction>([
  ['DATEADD', { argumentCount: 3, bind: (unit) => dateAdd(dateUnit(unit)) }],
  ['DATEDIFF', { argumentCount: 3, bind: (unit) => dateDiff(dateUnit(unit)) }],
  ['DATEPART', { argumentCount: 2, bind: (unit) => datePart(dateUnit(unit)) }],
  ['DATENAME', { argumentCount: 2, bind: (unit) => dateName(dateUnit(unit)) }],
]);

function dateAdd(unit: DateUnit): Apply {
  return ([amount = null, instant = null], at) => {
    const start = instantOf(instant, at);
    const count = tryCast(amount, 'bigint');
    if (start === null || typeof count !== 'bigint') return null;
    const epochMs = shifted(start, unit, Number(count));
    if (!isInRange(epochMs)) throw new QueryFault(at, 'the result does not fit datetime');
    return new SqlDateTime(epochMs);
  };
}

function shifted(epochMs: number, unit: DateUnit, count: number): number {
  if (unit !== 'year' && unit !== 'month') return epochMs + Math.trunc(count * UNIT_MS[unit]);
  const civil = toCivil(epochMs);
  const months = civil.year * 12 + civil.month - 1 + count * (unit === 'year' ? 12 : 1);
  return fromCivil({ ...civil, year: Math.floor(months / 12), month: (months % 12) + 1 });
}

/** DATEDIFF counts the boundaries crossed, not the time passed. */
function dateDiff(unit: DateUnit): Apply {
  return ([from = null, to = null], at) => {
    const start = instantOf(from, at);
    const end = instantOf(to, at);
    if (start === null || end === null) return null;
    return BigInt(boundaryNumber(end, unit) - boundaryNumber(start, unit));
  };
}

function boundaryNumber(epochMs: number, unit: DateUnit): number {
  const { year, month } = toCivil(epochMs);
  if (unit === 'year') return year;
  if (unit === 'month') return year * 12 + month;
  return Math.floor(epochMs / UNIT_MS[unit]);
}

function datePart(unit: DateUnit): Apply {
  return ([instant = null], at) => {
    const epochMs = instantOf(instant, at);
    return epochMs === null ? null : BigInt(partOf(epochMs, unit));
  };
}

function dateName(unit: DateUnit): Apply {
  const part = datePart(unit);
  return (values, at) => {
    const value = part(values, at);
    return typeof value === 'bigint' ? nameOfPart(unit, Number(value)) : null;
  };
}

const MONTHS =
  'January February March April May June July August September October November December'.split(
    ' ',
  );

function nameOfPart(unit: DateUnit, part: number): string {
  return unit === 'month' ? (MONTHS[part - 1] ?? '') : String(part);
}

function partOf(epochMs: number, unit: DateUnit): number {
  const civil: CivilTime = toCivil(epochMs);
  if (unit === 'microsecond')
    return ((epochMs - Math.floor(epochMs / DAY_MS) * DAY_MS) % 1_000) * 1_000;
  return civil[unit];
}

/** @throws QueryFault when the value is not an instant */
function instantOf(value: Value, at: Position): number | null {
  if (value === null) return null;
  const converted = tryCast(value, 'datetime');
  if (converted instanceof SqlDateTime) return converted.epochMs;
  throw new QueryFault(at, `${typeOf(value)} is not a datetime here; use TRY_CAST`);
}

/**
 * Date parts and their abbreviations, as DATEADD, windows and LIMIT DURATION take them.
 *
 * Source: Stream Analytics query language, "DATEADD" and "Tumbling window".
 */
import { DAY_MS, HOUR_MS, MINUTE_MS, SECOND_MS } from '../civil-time.ts';
import type { Expression } from '../language/ast.ts';
import { QueryError } from '../query-error.ts';

export type DateUnit =
  'year' | 'month' | 'day' | 'hour' | 'minute' | 'second' | 'millisecond' | 'microsecond';

const UNITS: ReadonlyMap<string, DateUnit> = new Map([
  ...(['year', 'yyyy', 'yy'] as const).map((name) => [name, 'year'] as const),
  ...(['month', 'mm', 'm'] as const).map((name) => [name, 'month'] as const),
  ...(['day', 'dd', 'd'] as const).map((name) => [name, 'day'] as const),
  ...(['hour', 'hh'] as const).map((name) => [name, 'hour'] as const),
  ...(['minute', 'mi', 'n'] as const).map((name) => [name, 'minute'] as const),
  ...(['second', 'ss', 's'] as const).map((name) => [name, 'second'] as const),
  ...(['millisecond', 'ms'] as const).map((name) => [name, 'millisecond'] as const),
  ...(['microsecond', 'mcs'] as const).map((name) => [name, 'microsecond'] as const),
]);

/** Milliseconds of the units whose length is fixed. */
export const UNIT_MS: Readonly<Record<Exclude<DateUnit, 'year' | 'month'>, number>> = {
  day: DAY_MS,
  hour: HOUR_MS,
  minute: MINUTE_MS,
  second: SECOND_MS,
  millisecond: 1,
  microsecond: 0.001,
};

/** @throws QueryError when the argument is not the name of a date part */
export function dateUnit(argument: Expression): DateUnit {
  const [name = '', ...rest] = argument.kind === 'column' ? argument.path : [];
  const unit = rest.length === 0 ? UNITS.get(name.toLowerCase()) : undefined;
  if (unit !== undefined) return unit;
  throw new QueryError(argument.at, 'a date part such as minute or second is expected');
}

/**
 * Length in milliseconds of `(unit, length)`, as windows and LIMIT DURATION give it.
 *
 * @throws QueryError when the length is not a whole number above 0, or the unit has no fixed length
 */
export function fixedDuration(unitArgument: Expression, lengthArgument: Expression): number {
  const unit = dateUnit(unitArgument);
  if (unit === 'year' || unit === 'month') {
    throw new QueryError(unitArgument.at, `${unit} has no fixed length`);
  }
  const length = lengthArgument.kind === 'literal' ? lengthArgument.value : undefined;
  if (typeof length !== 'bigint' || length < 1n) {
    throw new QueryError(lengthArgument.at, 'a whole number above 0 is expected');
  }
  const durationMs = Number(length) * UNIT_MS[unit];
  if (Number.isInteger(durationMs)) return durationMs;
  throw new QueryError(lengthArgument.at, 'durations have a resolution of one millisecond');
}

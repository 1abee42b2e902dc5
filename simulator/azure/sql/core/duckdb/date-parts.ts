import { SqlError } from '../sql-error.ts';

/** Units of DATEADD and its like, with their short forms, as DuckDB names them. */
const DATE_PARTS: Readonly<Record<string, string>> = {
  year: 'year',
  yy: 'year',
  yyyy: 'year',
  quarter: 'quarter',
  qq: 'quarter',
  q: 'quarter',
  month: 'month',
  mm: 'month',
  m: 'month',
  day: 'day',
  dd: 'day',
  d: 'day',
  week: 'week',
  wk: 'week',
  ww: 'week',
  hour: 'hour',
  hh: 'hour',
  minute: 'minute',
  mi: 'minute',
  n: 'minute',
  second: 'second',
  ss: 'second',
  s: 'second',
  millisecond: 'millisecond',
  ms: 'millisecond',
  microsecond: 'microsecond',
  mcs: 'microsecond',
};

/** @throws SqlError 155 when there is no such unit */
export function datePart(written: string, line: number): string {
  const part = Object.hasOwn(DATE_PARTS, written) ? DATE_PARTS[written] : undefined;
  if (part !== undefined) return part;
  const message = `'${written}' is not a recognized datepart option.`;
  throw new SqlError(155, message, { severity: 15, line });
}

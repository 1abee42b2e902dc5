/** Functions of T-SQL as DuckDB has them. A function that is not here is refused by name. */
import { splitName } from '../language/table-parser.ts';
import type { Call, Expression } from '../language/ast.ts';
import { SqlError, notSupported } from '../sql-error.ts';
import { datePart } from './date-parts.ts';
import { quoteText } from './quote.ts';

/** A call with its arguments printed. */
interface PrintedCall {
  readonly call: Call;
  readonly args: readonly string[];
  /** Argument by position; an argument that is missing is an error. */
  readonly arg: (index: number) => string;
}

/** Same name, same meaning. */
const SAME = new Set(
  (
    'MIN MAX AVG SUM ROW_NUMBER RANK DENSE_RANK NTILE LAG LEAD FIRST_VALUE LAST_VALUE COALESCE ' +
    'NULLIF ABS ROUND FLOOR SQRT POWER UPPER LOWER TRIM LTRIM RTRIM SUBSTRING REPLACE CONCAT LEFT RIGHT'
  ).split(' '),
);

/** Functions that give text: `+` with one of them joins. */
export const TEXT_FUNCTIONS: ReadonlySet<string> = new Set(
  'CONCAT UPPER LOWER TRIM LTRIM RTRIM SUBSTRING REPLACE LEFT RIGHT'.split(' '),
);

/** The current instant; every statement has one. */
export const NOW = 'CAST(get_current_timestamp() AS TIMESTAMP)';

const OTHERS: Readonly<Record<string, (call: PrintedCall) => string>> = {
  COUNT_BIG: ({ call, args }) => `count(${call.isStar ? '*' : distinct(call, args)})`,
  STDEV: ({ arg }) => `stddev_samp(${arg(0)})`,
  ISNULL: ({ arg }) => `coalesce(${arg(0)}, ${arg(1)})`,
  IIF: ({ arg }) => `CASE WHEN ${arg(0)} THEN ${arg(1)} ELSE ${arg(2)} END`,
  CEILING: ({ arg }) => `ceil(${arg(0)})`,
  LEN: ({ arg }) => `CAST(length(rtrim(${arg(0)})) AS INTEGER)`,
  SYSUTCDATETIME: () => NOW,
  GETUTCDATE: () => `CAST(${NOW} AS TIMESTAMP_MS)`,
  DATEADD: ({ call, arg }) => dateAdd(partOf(call), arg(0), instant(arg(1))),
  DATEDIFF: (printed) => `CAST(${dateDifference(printed)} AS INTEGER)`,
  DATEDIFF_BIG: (printed) => dateDifference(printed),
  DATEPART: ({ call, arg }) => `CAST(date_part('${partOf(call)}', ${instant(arg(0))}) AS INTEGER)`,
  DB_NAME: () => 'current_database()',
  OBJECT_ID: ({ call }) => objectId(call),
  COL_LENGTH: ({ call, arg }) =>
    `(SELECT max_length FROM sys.columns WHERE object_id = ${objectId(call)} AND lower(name) = lower(${arg(1)}))`,
  DATABASE_PRINCIPAL_ID: ({ arg }) =>
    `(SELECT principal_id FROM sys.database_principals WHERE lower(name) = lower(${arg(0)}))`,
};

/**
 * The call as DuckDB reads it.
 *
 * @param over the printed OVER clause, or nothing
 */
export function printCall(call: Call, args: readonly string[], over: string): string {
  const printed: PrintedCall = { call, args, arg: (index) => argument(call, args, index) };
  // Both count in 64 bits; T-SQL's COUNT is an int.
  if (call.name === 'COUNT') {
    return `CAST(count(${call.isStar ? '*' : distinct(call, args)})${over} AS INTEGER)`;
  }
  if (SAME.has(call.name)) return `${call.name.toLowerCase()}(${distinct(call, args)})${over}`;
  const other = Object.hasOwn(OTHERS, call.name) ? OTHERS[call.name] : undefined;
  if (other === undefined) throw notSupported(`function ${call.name}`, call.line);
  return `${other(printed)}${over}`;
}

function distinct({ isDistinct }: Call, args: readonly string[]): string {
  return `${isDistinct ? 'DISTINCT ' : ''}${args.join(', ')}`;
}

function argument({ name, line }: Call, args: readonly string[], index: number): string {
  const found = args[index];
  if (found !== undefined) return found;
  const message = `The ${name.toLowerCase()} function requires ${index + 1} argument(s).`;
  throw new SqlError(174, message, { severity: 15, line });
}

function partOf({ datePart: written = '', line }: Call): string {
  return datePart(written, line);
}

function instant(printed: string): string {
  return `CAST(${printed} AS TIMESTAMP)`;
}

function dateAdd(part: string, count: string, date: string): string {
  if (part === 'quarter') return `date_add(${date}, to_months(3 * CAST(${count} AS INTEGER)))`;
  const isFine = part.endsWith('second');
  const number = `CAST(${count} AS ${isFine ? 'DOUBLE' : 'INTEGER'})`;
  if (part === 'microsecond') return `date_add(${date}, to_microseconds(CAST(${count} AS BIGINT)))`;
  return `date_add(${date}, to_${part}s(${number}))`;
}

function dateDifference({ call, arg }: PrintedCall): string {
  return `date_diff('${partOf(call)}', ${instant(arg(0))}, ${instant(arg(1))})`;
}

/** OBJECT_ID of a name written out: NULL when there is none, or none of the type asked for. */
function objectId(call: Call): string {
  const [name, type] = call.args.map(textOf);
  if (name === undefined) throw notSupported(`${call.name} of anything but a text`, call.line);
  const parts = name.split('.').map((part) => part.replace(/^\[(.*)\]$/, '$1'));
  const { schema, object } = splitName(parts);
  const isOfType =
    call.name === 'OBJECT_ID' && type !== undefined ? ` AND type = ${quoteText(type)}` : '';
  return (
    `(SELECT object_id FROM sys.objects WHERE lower(schema_name) = ${quoteText(schema.toLowerCase())}` +
    ` AND lower(name) = ${quoteText(object.toLowerCase())}${isOfType})`
  );
}

function textOf(expression: Expression): string | undefined {
  if (expression.kind !== 'literal' || typeof expression.value !== 'string') return undefined;
  return expression.value;
}

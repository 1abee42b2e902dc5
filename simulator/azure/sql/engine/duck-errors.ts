/** DuckDB's errors as SQL Server would have said them. */
import { SqlError } from '../core/sql-error.ts';
import { splitName } from '../core/language/table-parser.ts';
import type { ObjectName } from '../core/language/ast.ts';
import type { CatalogKey } from './catalog.ts';

/** What a statement was about when it failed. */
export interface ErrorContext {
  readonly line: number;
  /** Table that it wrote, with its keys. */
  readonly table?: ObjectName;
  readonly keys?: readonly CatalogKey[];
}

type Translation = (match: RegExpExecArray, context: ErrorContext) => SqlError;

const TRANSLATIONS: readonly (readonly [RegExp, Translation])[] = [
  [
    /Duplicate key "([^"]*)" violates (?:unique|primary key) constraint|violation: duplicate key "([^"]*)"/,
    (match, context) => duplicateKey(match[1] ?? match[2] ?? '', context),
  ],
  [
    /NOT NULL constraint failed: (\S+)\.(\S+)/,
    ([, , column = ''], { table, line }) =>
      new SqlError(
        515,
        `Cannot insert the value NULL into column '${column}', table '${dotted(table)}'; column does not allow nulls. INSERT fails.`,
        { line, state: 2 },
      ),
  ],
  [
    /CHECK constraint failed on table \S+ with expression CHECK\(\(length\("?([^")]+)"?\) <= \d+\)\)/,
    ([, column = ''], { table, line }) =>
      new SqlError(
        2628,
        `String or binary data would be truncated in table '${dotted(table)}', column '${column}'.`,
        { line },
      ),
  ],
  [
    /CHECK constraint failed on table (\S+)/,
    ([, name = ''], { line }) =>
      new SqlError(
        547,
        `The INSERT or UPDATE statement conflicted with a CHECK constraint of table "${name}".`,
        {
          line,
          state: 0,
        },
      ),
  ],
  [
    /(?:Table|View) with name "?([^"\s]+)"? does not exist/,
    ([, name = ''], { line }) => new SqlError(208, `Invalid object name '${name}'.`, { line }),
  ],
  [
    /(?:Table|View) with name "?([^"\s]+)"? already exists/,
    ([, name = ''], { line }) => alreadyThere(name, line),
  ],
  [
    /(?:Referenced column|column named|column) "?([^"\s]+)"? (?:not found|does not exist|that is not present)|does not have a column (?:named|with name) "([^"]+)"/,
    ([, first, second], { line }) =>
      new SqlError(207, `Invalid column name '${first ?? second ?? ''}'.`, { line }),
  ],
  [
    /(?:Could not convert string|invalid (?:timestamp|date) field format).*?"?([^"']*)"?.* to (?:TIMESTAMP|DATE|INT64)|invalid (?:timestamp|date)/i,
    (_match, { line }) =>
      new SqlError(
        241,
        'Conversion failed when converting date and/or time from character string.',
        { line },
      ),
  ],
  [
    /Could not convert string '([^']*)' to (\w+)/,
    ([, text = '', type = ''], { line }) =>
      new SqlError(
        245,
        `Conversion failed when converting the nvarchar value '${text}' to data type ${plainType(type)}.`,
        { line },
      ),
  ],
  [
    /out of range for the destination type (\w+)|Overflow in|out of range/,
    ([, type = 'INT32'], { line }) =>
      new SqlError(
        8115,
        `Arithmetic overflow error converting expression to data type ${plainType(type)}.`,
        { line, state: 2 },
      ),
  ],
  [
    /Divide by zero/,
    (_match, { line }) => new SqlError(8134, 'Divide by zero error encountered.', { line }),
  ],
  [
    /TransactionContext Error: (?:Conflict|Catalog write-write conflict)|Failed to commit/,
    (_match, { line }) =>
      new SqlError(
        1205,
        'Transaction was deadlocked on lock resources with another process and has been chosen as the deadlock victim. Rerun the transaction.',
        { severity: 13, line },
      ),
  ],
  [
    /must appear in the GROUP BY clause|must be part of an aggregate function/,
    (_match, { line }) =>
      new SqlError(
        8120,
        'A column in the select list is invalid because it is not contained in either an aggregate function or the GROUP BY clause.',
        { line },
      ),
  ],
];

/** The error as a client of SQL Server knows it; what has no translation keeps DuckDB's words. */
export function translateError(error: unknown, context: ErrorContext): SqlError {
  if (error instanceof SqlError) return error;
  const message = error instanceof Error ? error.message : String(error);
  for (const [pattern, translate] of TRANSLATIONS) {
    const match = pattern.exec(message);
    if (match !== null) return translate(match, context);
  }
  const [first = ''] = message.split('\n');
  return new SqlError(50_000, `The local Azure SQL cannot run this: ${first}`, {
    line: context.line,
  });
}

/** An object of that name is there already. */
export function alreadyThere(name: string, line: number): SqlError {
  return new SqlError(2714, `There is already an object named '${name}' in the database.`, {
    line,
    state: 6,
  });
}

/** Whether a batch goes on after the error, as SQL Server's does for the fault of one statement. */
export function endsOnlyItsStatement({ number }: SqlError): boolean {
  return [515, 547, 2601, 2627, 2628].includes(number);
}

function duplicateKey(pairs: string, { table, keys = [], line }: ErrorContext): SqlError {
  const uniques = keys.filter(({ kind }) => kind !== 'index');
  const key = uniques.find(({ columns: [first = ''] }) => labelOf(first).test(pairs)) ?? uniques[0];
  const value = `The duplicate key value is (${valuesOf(pairs, key?.columns ?? [])}).`;
  const name = key?.name ?? '';
  if (key?.kind === 'uniqueIndex') {
    return new SqlError(
      2601,
      `Cannot insert duplicate key row in object '${dotted(table)}' with unique index '${name}'. ${value}`,
      { severity: 14, line },
    );
  }
  const constraint = key?.kind === 'primaryKey' ? 'PRIMARY KEY' : 'UNIQUE KEY';
  return new SqlError(
    2627,
    `Violation of ${constraint} constraint '${name}'. Cannot insert duplicate key in object '${dotted(table)}'. ${value}`,
    { severity: 14, line },
  );
}

/** How DuckDB writes a key's column before its value: `id: `, or the expression for one that may be NULL. */
function labelOf(column: string): RegExp {
  const name = `"?${column.replaceAll(/[^\w]/g, '.')}"?`;
  return new RegExp(
    `(?:^|(?<=, ))(?:${name}|COALESCE\\(CAST\\(${name} AS VARCHAR\\), chr\\(1\\)\\)): `,
    'i',
  );
}

/** `id: a, revision: 1` without the names. */
function valuesOf(pairs: string, columns: readonly string[]): string {
  return columns
    .reduce((text, column) => text.replace(labelOf(column), ''), pairs)
    .replaceAll('\u0001', '<NULL>')
    .slice(0, 200);
}

function dotted(table: ObjectName | undefined): string {
  if (table === undefined) return '';
  const { schema, object } = splitName(table);
  return `${schema}.${object}`;
}

function plainType(type: string): string {
  const names: Readonly<Record<string, string>> = {
    INT8: 'tinyint',
    UINT8: 'tinyint',
    INT16: 'smallint',
    INT32: 'int',
    INT64: 'bigint',
    DOUBLE: 'float',
    FLOAT: 'real',
    BOOL: 'bit',
  };
  return names[type] ?? type.toLowerCase();
}

/**
 * INSERT and bulk load.
 *
 * Invariants:
 * - a statement inserts all its rows or none;
 * - an index with IGNORE_DUP_KEY leaves out the rows that are there already, or earlier in the same
 *   statement, and nothing else.
 */
import type { InsertSource, ObjectName } from '../core/language/ast.ts';
import { splitName } from '../core/language/table-parser.ts';
import { nameList, printValue, type DuckPrinter } from '../core/duckdb/print-query.ts';
import { quoteName, quoteObject, quoteText } from '../core/duckdb/quote.ts';
import { SqlError, invalidObject } from '../core/sql-error.ts';
import { duckType, type SqlType, type SqlValue } from '../core/types.ts';
import { Catalog, type CatalogColumn, type CatalogKey } from './catalog.ts';
import type { DuckSession } from './duck-database.ts';

/** A table that rows go into. */
export interface InsertTarget {
  readonly table: ObjectName;
  readonly columns: readonly CatalogColumn[];
  readonly keys: readonly CatalogKey[];
}

/** Rows of a bulk load with the columns that the client announced. */
export interface BulkRows {
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  readonly rows: readonly (readonly SqlValue[])[];
}

const STAGE = 'bulk_rows';
/** So few rows are written out sooner than laid into a table of their own. */
const FEW_ROWS = 50;

/** @throws SqlError 208 when there is no such table */
export async function tableInfo(session: DuckSession, table: ObjectName): Promise<InsertTarget> {
  const catalog = new Catalog(session);
  const { schema, object } = splitName(table);
  const found = await catalog.find(schema, object);
  if (found === undefined || found.isView) throw invalidObject(table.join('.'));
  return { table, columns: await catalog.columns(found.id), keys: await catalog.keys(found.id) };
}

/** @throws SqlError 207 for a column that the table does not have */
export function selectColumns(all: InsertTarget, names: readonly string[]): InsertTarget {
  if (names.length === 0) return all;
  const columns = names.map((name) => {
    const column = all.columns.find((each) => each.name.toLowerCase() === name.toLowerCase());
    if (column !== undefined) return column;
    throw new SqlError(207, `Invalid column name '${name}'.`);
  });
  return { ...all, columns };
}

/** The statement in DuckDB's words, for rows that `source` gives in the order of the columns. */
export function printInsert(target: InsertTarget, source: string): string {
  const { table, columns, keys } = target;
  const names = columns.map(({ name }) => name);
  const into = `INSERT INTO ${quoteObject(table)}${nameList(names)}`;
  const ignoring = keys.filter(({ ignoresDuplicates }) => ignoresDuplicates);
  if (ignoring.length === 0) return `${into} ${source}`;
  const cast = columns.map((column) => {
    return `CAST(${quoteName(column.name)} AS ${duckType(column.type)}) AS ${quoteName(column.name)}`;
  });
  const fresh = ignoring.map((key) => notThere(table, key, names));
  const first = ignoring.map((key) => {
    return `row_number() OVER (PARTITION BY ${keyValues(key, names).join(', ')}) = 1`;
  });
  return (
    `${into} WITH given AS (SELECT ${cast.join(', ')} FROM (${source}) AS given${nameList(names)}) ` +
    `SELECT * FROM given WHERE ${fresh.join(' AND ')} QUALIFY ${first.join(' AND ')}`
  );
}

function notThere(table: ObjectName, key: CatalogKey, names: readonly string[]): string {
  const values = keyValues(key, names);
  const equal = key.columns.map(
    (column, index) => `present.${quoteName(column)} IS NOT DISTINCT FROM ${values[index]}`,
  );
  return `NOT EXISTS (SELECT 1 FROM ${quoteObject(table)} AS present WHERE ${equal.join(' AND ')})`;
}

/** A key's column that the statement does not name is NULL in its rows. */
function keyValues(key: CatalogKey, names: readonly string[]): string[] {
  return key.columns.map((column) =>
    names.includes(column) ? `given.${quoteName(column)}` : 'NULL',
  );
}

/** What VALUES or SELECT gives. */
export function printSource(printer: DuckPrinter, source: InsertSource): string {
  if (source.kind === 'query') return printer.query(source.query);
  const rows = source.rows.map((row) => {
    return `(${row.map((value) => printer.expression(value)).join(', ')})`;
  });
  return `VALUES ${rows.join(', ')}`;
}

/**
 * Loads rows; the caller holds a transaction or lets each statement commit by itself.
 *
 * @returns rows inserted, which is fewer than given when duplicates are ignored
 */
export async function insertBulk(
  session: DuckSession,
  target: InsertTarget,
  { columns, rows }: BulkRows,
): Promise<number> {
  if (rows.length === 0) return 0;
  if (rows.length <= FEW_ROWS) {
    const lines = rows.map(
      (row) => `(${columns.map(({ type }, at) => constant(row[at], type)).join(', ')})`,
    );
    return (await session.run(printInsert(target, `VALUES ${lines.join(', ')}`))).rowsChanged;
  }
  const definitions = columns.map(({ name, type }) => `${quoteName(name)} ${duckType(type)}`);
  await session.run(`CREATE OR REPLACE TEMP TABLE ${STAGE} (${definitions.join(', ')})`);
  try {
    await session.append(
      STAGE,
      columns.map(({ type }) => type),
      rows,
    );
    const names = columns.map(({ name }) => quoteName(name)).join(', ');
    const source = `SELECT ${names} FROM temp.main.${STAGE}`;
    return (await session.run(printInsert(target, source))).rowsChanged;
  } finally {
    await session.run(`DROP TABLE IF EXISTS temp.main.${STAGE}`).catch(() => undefined);
  }
}

/** A value written out in its type. */
function constant(value: SqlValue | undefined, type: SqlType): string {
  const isNumber = typeof value === 'number';
  const text = isNumber ? quoteText(String(value)) : printValue(value ?? null);
  return `CAST(${text} AS ${duckType(type)})`;
}

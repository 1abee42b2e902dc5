/**
 * Copies the rows of a damaged table that can be read, and that are what its schema says.
 */
import { z } from 'zod';
import type { SqlValue } from '../core/sqlite-record.ts';
import type { Database } from '../database.ts';
import type { PageFile } from './page-file.ts';
import { forEachRow, type TreeRow } from './tree-rows.ts';

/** What became of the rows of a table. */
export interface CopiedTable {
  readonly name: string;
  readonly rows: number;
  /** About how many could not be read: a damaged page counts as many as a readable one holds. */
  readonly lostRows: number;
}

const Column = z.object({
  name: z.string(),
  type: z.string(),
  notnull: z.int(),
  pk: z.int(),
});
type Column = z.infer<typeof Column>;
const Shape = z.object({ wr: z.int() });

/** Columns that hold JSON, whatever the table: a flipped bit in one shows only when it is read. */
const JSON_COLUMNS = new Set(['properties', 'body', 'value', 'state', 'seen', 'readings', 'loss']);
const Properties = z.record(z.string(), z.string());
/** What a person looks at is kept as it came. */
const TABLES_AS_THEY_ARE = new Set(['quarantine']);

/** Copies a table into one of the same name in a fresh database. */
export function copyTable(
  name: string,
  { file, root }: { readonly file: PageFile; readonly root: number },
  fresh: Database,
): CopiedTable {
  const { columns, rowidColumn, isIndex } = shapeOf(name, fresh);
  const insert = statementOf(name, columns, fresh);
  let rows = 0;
  let bad = 0;
  const read = forEachRow(file, { root, isIndex }, (row) => {
    const values = valuesOf(row, columns, rowidColumn);
    if (!areFit(name, values, columns)) bad += 1;
    else if (insert(values)) rows += 1;
  });
  const perPage = Math.ceil(rows / Math.max(1, read.leaves));
  const onPages = read.damagedPages * Math.max(1, perPage);
  return { name, rows, lostRows: bad + read.damagedRows + onPages };
}

function shapeOf(name: string, fresh: Database) {
  const declared = fresh.prepare('SELECT * FROM pragma_table_info(?)').all(name);
  const columns = declared.map((row) => Column.parse(row));
  const shape = Shape.parse(fresh.prepare('SELECT wr FROM pragma_table_list(?)').get(name));
  const isIndex = shape.wr === 1;
  if (!isIndex) {
    const rowidColumn = columns.find(({ pk, type }) => pk > 0 && type === 'INTEGER')?.name;
    return { columns, rowidColumn, isIndex };
  }
  // Such a table lies in the order of its key, then of its other columns.
  const keys = columns.filter(({ pk }) => pk > 0).toSorted((a, b) => a.pk - b.pk);
  const others = columns.filter(({ pk }) => pk === 0);
  return { columns: [...keys, ...others], rowidColumn: undefined, isIndex };
}

/** Rows from before a column was added are shorter, and take its default. */
function statementOf(name: string, columns: readonly Column[], fresh: Database) {
  const prepared = new Map<number, ReturnType<Database['prepare']>>();
  return (values: readonly SqlValue[]): boolean => {
    const known = prepared.get(values.length);
    const names = columns.slice(0, values.length).map((column) => `"${column.name}"`);
    const marks = names.map(() => '?').join(', ');
    const statement =
      known ??
      fresh.prepare(`INSERT OR IGNORE INTO "${name}" (${names.join(', ')}) VALUES (${marks})`);
    prepared.set(values.length, statement);
    return statement.run(...values).changes > 0;
  };
}

function valuesOf(
  { rowid, values }: TreeRow,
  columns: readonly Column[],
  rowidColumn: string | undefined,
): SqlValue[] {
  return values.map((value, index) =>
    rowid !== undefined && columns[index]?.name === rowidColumn ? rowid : value,
  );
}

function areFit(table: string, values: readonly SqlValue[], columns: readonly Column[]): boolean {
  if (values.length === 0 || values.length > columns.length) return false;
  return values.every((value, index) => {
    const column = columns[index];
    if (column === undefined || !isOfType(value, column)) return false;
    const isJson = JSON_COLUMNS.has(column.name) && !TABLES_AS_THEY_ARE.has(table);
    return !isJson || typeof value !== 'string' || isReadable(value, column.name);
  });
}

function isOfType(value: SqlValue, { type, notnull, pk }: Column): boolean {
  if (value === null) return notnull === 0 && pk === 0;
  if (type === 'INTEGER') return typeof value === 'number' || typeof value === 'bigint';
  if (type === 'REAL') return typeof value === 'number';
  if (type === 'BLOB') return value instanceof Uint8Array;
  return typeof value === 'string';
}

/** Messages are all the same in every module; what else makes no sense, its module finds. */
function isReadable(json: string, column: string): boolean {
  try {
    const value: unknown = JSON.parse(json);
    return column !== 'properties' || Properties.safeParse(value).success;
  } catch {
    return false;
  }
}

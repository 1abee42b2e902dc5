/** CREATE, ALTER and DROP: in DuckDB and in the catalog, together or not at all. */
import type {
  ColumnDefinition,
  KeyDefinition,
  ObjectName,
  Statement,
} from '../core/language/ast.ts';
import { splitName } from '../core/language/table-parser.ts';
import { DuckPrinter } from '../core/duckdb/print-query.ts';
import { quoteName, quoteObject, quoteText } from '../core/duckdb/quote.ts';
import { SqlError, notSupported } from '../core/sql-error.ts';
import { duckType, isText, plainText } from '../core/types.ts';
import { Catalog, lengthLimit, type CatalogObject } from './catalog.ts';
import { alreadyThere } from './duck-errors.ts';
import type { DuckSession } from './duck-database.ts';

type Of<K extends Statement['kind']> = Extract<Statement, { kind: K }>;

/** Statements that this file runs. */
export type Definition = Of<'createTable' | 'addColumns' | 'createIndex' | 'createView' | 'drop'>;

/** Runs a definition; the caller holds a transaction. */
export async function define(session: DuckSession, statement: Definition): Promise<void> {
  const catalog = new Catalog(session);
  switch (statement.kind) {
    case 'createTable':
      return await createTable(session, catalog, statement);
    case 'addColumns':
      return await addColumns(session, catalog, statement);
    case 'createIndex': {
      const table = await existing(catalog, statement.table);
      return await createKey(session, catalog, table, statement.key);
    }
    case 'createView':
      return await createView(session, catalog, statement);
    case 'drop':
      return await drop(session, catalog, statement);
  }
}

async function createTable(
  session: DuckSession,
  catalog: Catalog,
  { table, definition, line }: Of<'createTable'>,
): Promise<void> {
  const { schema, object } = splitName(table);
  requireDbo(schema);
  if (object.startsWith('#')) throw notSupported('a temporary table', line);
  if ((await catalog.find(schema, object)) !== undefined) throw alreadyThere(object, line);
  const primary = definition.keys.find(({ kind }) => kind === 'primaryKey');
  const columns = definition.columns.map((column) =>
    primary?.columns.some((name) => same(name, column.name)) === true
      ? { ...column, isNullable: false }
      : column,
  );
  const checks = definition.checks.map(
    ({ condition }) => `CHECK (${new DuckPrinter().expression(condition)})`,
  );
  const parts = [...columns.map(printColumn), ...checks];
  await session.run(`CREATE TABLE ${quoteObject(table)} (${parts.join(', ')})`);
  const id = await catalog.add(schema, object, false);
  await catalog.addColumns(id, columns);
  const made: CatalogObject = { id, schema, name: object, isView: false };
  for (const key of definition.keys) {
    requireBinary(key, columns);
    await createKey(session, catalog, made, key);
  }
}

function printColumn(column: ColumnDefinition): string {
  const limit = lengthLimit(column.type);
  const { defaultValue } = column;
  return [
    quoteName(column.name),
    duckType(column.type),
    isText(column.type) && !column.isBinary ? 'COLLATE NOCASE' : '',
    column.isNullable ? '' : 'NOT NULL',
    defaultValue === undefined ? '' : `DEFAULT ${new DuckPrinter().expression(defaultValue)}`,
    limit === undefined ? '' : `CHECK (length(${quoteName(column.name)}) <= ${limit})`,
  ]
    .filter((part) => part !== '')
    .join(' ');
}

/** DuckDB's keys compare byte by byte; SQL Server's do only with a binary collation. */
function requireBinary(key: KeyDefinition, columns: readonly ColumnDefinition[]): void {
  if (key.kind === 'index') return;
  for (const { name, isBinary, line } of columns) {
    const isInKey = key.columns.some((column) => same(column, name));
    if (isInKey && !isBinary) {
      throw notSupported(`a key over ${name} without a _BIN2 collation`, line);
    }
  }
}

async function createKey(
  session: DuckSession,
  catalog: Catalog,
  table: CatalogObject,
  { name = `UQ_${table.name}`, kind, columns, ignoresDuplicates, line }: KeyDefinition,
): Promise<void> {
  const known = await catalog.columns(table.id);
  if ((await catalog.keys(table.id)).some((key) => same(key.name, name))) {
    throw new SqlError(
      1913,
      `The operation failed because an index or statistics with name '${name}' already exists on table '${table.name}'.`,
      { line },
    );
  }
  const proper = columns.map((column) => {
    const found = known.find((each) => same(each.name, column));
    if (found !== undefined) return found;
    throw new SqlError(
      1911,
      `Column name '${column}' does not exist in the target table or view.`,
      {
        line,
      },
    );
  });
  const key = { name, kind, columns: proper.map((column) => column.name), ignoresDuplicates };
  await catalog.addKey(table.id, key);
  if (kind === 'index') return;
  // SQL Server takes two NULLs for equal in a key, DuckDB does not.
  const parts = proper.map((column) =>
    column.isNullable
      ? `(coalesce(CAST(${quoteName(column.name)} AS VARCHAR), chr(1)))`
      : quoteName(column.name),
  );
  // A name that DuckDB has never seen: it takes no name again in the transaction that dropped it.
  const unique = (await session.run("SELECT nextval('sys.ids')")).rows[0]?.[0];
  await session.run(
    `CREATE UNIQUE INDEX ${quoteName(`${name}.${plainText(unique)}`)} ON ` +
      `${quoteObject([table.schema, table.name])} (${parts.join(', ')})`,
  );
}

/** DuckDB changes no table that has indexes: they go and come back. */
async function addColumns(
  session: DuckSession,
  catalog: Catalog,
  { table: name, definition }: Of<'addColumns'>,
): Promise<void> {
  const table = await existing(catalog, name);
  const before = await catalog.columns(table.id);
  for (const column of definition.columns) {
    if (before.some((each) => same(each.name, column.name))) {
      const message = `Column names in each table must be unique. Column name '${column.name}' in table '${table.name}' is specified more than once.`;
      throw new SqlError(2705, message, { line: column.line });
    }
    if (!column.isNullable) throw notSupported('ALTER TABLE … ADD … NOT NULL', column.line);
  }
  const keys = await catalog.keys(table.id);
  const { rows } = await session.run(
    `SELECT index_name FROM duckdb_indexes() WHERE schema_name = 'dbo' AND table_name = ${quoteText(table.name)}`,
  );
  for (const [index] of rows) {
    await session.run(`DROP INDEX dbo.${quoteName(plainText(index))}`);
  }
  for (const column of definition.columns) {
    await session.run(
      `ALTER TABLE ${quoteObject(name)} ADD COLUMN ${quoteName(column.name)} ${duckType(column.type)}`,
    );
  }
  await session.run(`DELETE FROM sys.catalog_indexes WHERE object_id = ${table.id}`);
  await catalog.addColumns(table.id, definition.columns);
  for (const key of keys) await createKey(session, catalog, table, { ...key, line: 1 });
}

async function createView(
  session: DuckSession,
  catalog: Catalog,
  { view, replaces, query, line }: Of<'createView'>,
): Promise<void> {
  const { schema, object } = splitName(view);
  requireDbo(schema);
  const before = await catalog.find(schema, object);
  if (before !== undefined && (!replaces || !before.isView)) throw alreadyThere(object, line);
  await session.run(
    `CREATE OR REPLACE VIEW ${quoteObject(view)} AS ${new DuckPrinter().query(query)}`,
  );
  if (before === undefined) await catalog.add(schema, object, true);
}

async function drop(
  session: DuckSession,
  catalog: Catalog,
  { what, name, ifExists, line }: Of<'drop'>,
): Promise<void> {
  const { schema, object } = splitName(name);
  const found = await catalog.find(schema, object);
  if (found === undefined || found.isView !== (what === 'VIEW')) {
    if (ifExists) return;
    const message = `Cannot drop the ${what.toLowerCase()} '${object}', because it does not exist or you do not have permission.`;
    throw new SqlError(3701, message, { severity: 11, state: 5, line });
  }
  await session.run(`DROP ${what} ${quoteObject(name)}`);
  await catalog.remove(found.id);
}

async function existing(catalog: Catalog, name: ObjectName): Promise<CatalogObject> {
  const { schema, object } = splitName(name);
  const table = await catalog.find(schema, object);
  if (table !== undefined && !table.isView) return table;
  throw new SqlError(
    1088,
    `Cannot find the object "${name.join('.')}" because it does not exist or you do not have permissions.`,
    { state: 12 },
  );
}

function requireDbo(schema: string): void {
  if (!same(schema, 'dbo')) throw notSupported(`schema ${schema}`);
}

function same(one: string, other: string): boolean {
  return one.toLowerCase() === other.toLowerCase();
}

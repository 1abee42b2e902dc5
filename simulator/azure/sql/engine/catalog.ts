/**
 * What the database holds, as `sys` shows it: kept in tables of the same file, so that a rolled-back
 * CREATE leaves nothing behind.
 */
import type { KeyDefinition, TableDefinition } from '../core/language/ast.ts';
import { quoteText } from '../core/duckdb/quote.ts';
import { MAX_LENGTH, isText, plainText, sqlType, type SqlType } from '../core/types.ts';
import type { DuckSession } from './duck-database.ts';

/** A table's column. */
export interface CatalogColumn {
  readonly name: string;
  readonly type: SqlType;
  readonly isNullable: boolean;
}

/** An index or constraint of a table. */
export interface CatalogKey {
  readonly name: string;
  readonly kind: KeyDefinition['kind'];
  readonly columns: readonly string[];
  readonly ignoresDuplicates: boolean;
}

/** A table or view. */
export interface CatalogObject {
  readonly id: number;
  readonly schema: string;
  readonly name: string;
  readonly isView: boolean;
}

const SCHEMA = `
CREATE SCHEMA IF NOT EXISTS sys;
CREATE SEQUENCE IF NOT EXISTS sys.ids START 1000;
CREATE TABLE IF NOT EXISTS sys.catalog_objects (
  object_id INTEGER, schema_name VARCHAR, name VARCHAR, type VARCHAR,
  create_date TIMESTAMP_MS DEFAULT CAST(get_current_timestamp() AS TIMESTAMP));
CREATE TABLE IF NOT EXISTS sys.catalog_columns (
  object_id INTEGER, column_id INTEGER, name VARCHAR, type_name VARCHAR, max_length INTEGER,
  "precision" INTEGER, scale INTEGER, is_nullable BOOLEAN);
CREATE TABLE IF NOT EXISTS sys.catalog_indexes (
  object_id INTEGER, index_id INTEGER, name VARCHAR, kind VARCHAR, columns VARCHAR[], ignore_dup_key BOOLEAN);
CREATE TABLE IF NOT EXISTS sys.database_principals (
  principal_id INTEGER, name VARCHAR, type VARCHAR, type_desc VARCHAR, password_hash VARCHAR);
CREATE TABLE IF NOT EXISTS sys.database_role_members (
  role_principal_id INTEGER, member_principal_id INTEGER);
CREATE TABLE IF NOT EXISTS sys.database_permissions (
  major_id INTEGER, grantee_principal_id INTEGER, permission_name VARCHAR);
CREATE OR REPLACE VIEW sys.schemas AS SELECT 1 AS schema_id, 'dbo' AS name;
CREATE OR REPLACE VIEW sys.objects AS
  SELECT *, 1 AS schema_id, CASE type WHEN 'U' THEN 'USER_TABLE' ELSE 'VIEW' END AS type_desc FROM sys.catalog_objects;
CREATE OR REPLACE VIEW sys.tables AS SELECT * FROM sys.objects WHERE type = 'U';
CREATE OR REPLACE VIEW sys.views AS SELECT * FROM sys.objects WHERE type = 'V';
CREATE OR REPLACE VIEW sys.columns AS SELECT * FROM sys.catalog_columns;
CREATE OR REPLACE VIEW sys.indexes AS
  SELECT object_id, index_id, name, ignore_dup_key, kind <> 'index' AS is_unique,
    kind = 'primaryKey' AS is_primary_key, kind = 'unique' AS is_unique_constraint FROM sys.catalog_indexes;
CREATE OR REPLACE VIEW sys.information_schema_tables AS
  SELECT schema_name AS TABLE_SCHEMA, name AS TABLE_NAME,
    CASE type WHEN 'U' THEN 'BASE TABLE' ELSE 'VIEW' END AS TABLE_TYPE FROM sys.catalog_objects;
CREATE OR REPLACE VIEW sys.information_schema_columns AS
  SELECT o.schema_name AS TABLE_SCHEMA, o.name AS TABLE_NAME, c.name AS COLUMN_NAME, c.column_id AS ORDINAL_POSITION,
    CASE WHEN c.is_nullable THEN 'YES' ELSE 'NO' END AS IS_NULLABLE, c.type_name AS DATA_TYPE,
    c.max_length AS CHARACTER_MAXIMUM_LENGTH, c.scale AS DATETIME_PRECISION
  FROM sys.catalog_columns AS c JOIN sys.catalog_objects AS o USING (object_id);
`;

/** Makes the catalog's own tables if they are missing. */
export async function prepareCatalog(session: DuckSession): Promise<void> {
  for (const statement of SCHEMA.split(';')) {
    if (statement.trim() !== '') await session.run(statement);
  }
}

/** Reads and writes the catalog within the transaction of a session. */
export class Catalog {
  readonly #session: DuckSession;

  constructor(session: DuckSession) {
    this.#session = session;
  }

  /** A table or view by its name, whatever the case. */
  async find(schema: string, name: string): Promise<CatalogObject | undefined> {
    const { rows } = await this.#session.run(
      'SELECT object_id, schema_name, name, type FROM sys.catalog_objects ' +
        `WHERE lower(schema_name) = lower(${quoteText(schema)}) AND lower(name) = lower(${quoteText(name)})`,
    );
    const [row] = rows;
    if (row === undefined) return undefined;
    const [id, foundSchema, found, type] = row;
    return {
      id: Number(id),
      schema: plainText(foundSchema),
      name: plainText(found),
      isView: type === 'V',
    };
  }

  async add(schema: string, name: string, isView: boolean): Promise<number> {
    const { rows } = await this.#session.run(
      'INSERT INTO sys.catalog_objects (object_id, schema_name, name, type) ' +
        `VALUES (nextval('sys.ids'), ${quoteText(schema)}, ${quoteText(name)}, '${isView ? 'V' : 'U'}') RETURNING object_id`,
    );
    return Number(rows[0]?.[0]);
  }

  /** Forgets an object and all that belongs to it. */
  async remove(id: number): Promise<void> {
    const tables = ['catalog_objects', 'catalog_columns', 'catalog_indexes'];
    for (const table of tables) {
      await this.#session.run(`DELETE FROM sys.${table} WHERE object_id = ${id}`);
    }
    await this.#session.run(`DELETE FROM sys.database_permissions WHERE major_id = ${id}`);
  }

  async columns(id: number): Promise<readonly CatalogColumn[]> {
    const { rows } = await this.#session.run(
      'SELECT name, type_name, max_length, "precision", scale, is_nullable FROM sys.catalog_columns ' +
        `WHERE object_id = ${id} ORDER BY column_id`,
    );
    return rows.map(([name, type, length, precision, scale, isNullable]) => {
      const numbers = [length ?? precision, scale].filter((each) => each !== null).map(Number);
      return {
        name: plainText(name),
        type: sqlType(plainText(type), numbers, 1),
        isNullable: isNullable === true,
      };
    });
  }

  async addColumns(id: number, columns: TableDefinition['columns']): Promise<void> {
    const before = (await this.columns(id)).length;
    for (const [index, { name, type, isNullable }] of columns.entries()) {
      const length = isText(type) ? type.length : 'NULL';
      const precision = type.name === 'decimal' ? type.precision : 'NULL';
      const scale = 'scale' in type ? type.scale : 'NULL';
      await this.#session.run(
        `INSERT INTO sys.catalog_columns VALUES (${id}, ${before + index + 1}, ${quoteText(name)}, ` +
          `'${type.name}', ${length}, ${precision}, ${scale}, ${isNullable})`,
      );
    }
  }

  async keys(id: number): Promise<readonly CatalogKey[]> {
    const { rows } = await this.#session.run(
      'SELECT name, kind, array_to_string(columns, chr(1)), ignore_dup_key FROM sys.catalog_indexes ' +
        `WHERE object_id = ${id} ORDER BY index_id`,
    );
    return rows.map(([name, kind, columns, ignores]) => ({
      name: plainText(name),
      kind: kindOf(plainText(kind)),
      columns: plainText(columns).split('\u0001'),
      ignoresDuplicates: ignores === true,
    }));
  }

  async addKey(id: number, key: CatalogKey): Promise<void> {
    const columns = key.columns.map(quoteText).join(', ');
    await this.#session.run(
      `INSERT INTO sys.catalog_indexes VALUES (${id}, (SELECT count(*) + 1 FROM sys.catalog_indexes WHERE object_id = ${id}), ` +
        `${quoteText(key.name)}, '${key.kind}', [${columns}], ${key.ignoresDuplicates})`,
    );
  }
}

function kindOf(text: string): KeyDefinition['kind'] {
  return text === 'primaryKey' || text === 'unique' || text === 'uniqueIndex' ? text : 'index';
}

/** Whether a text column has a limit that DuckDB must check. */
export function lengthLimit(type: SqlType): number | undefined {
  return isText(type) && type.length !== MAX_LENGTH ? type.length : undefined;
}

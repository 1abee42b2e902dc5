/**
 * The one door to DuckDB.
 *
 * Invariants:
 * - what a statement or transaction committed survives kill -9 (DuckDB writes its log through);
 * - nothing is fetched from outside: DuckDB installs and loads no extensions.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import {
  DuckDBInstance,
  type DuckDBConnection,
  type DuckDBType,
  type DuckDBValue,
} from '@duckdb/node-api';
import type { SqlType, SqlValue } from '../core/types.ts';
import { duckValueType, fromDuck, sqlTypeOf, toDuck } from './duck-values.ts';

/** A value with the type it was declared with. */
export interface TypedValue {
  readonly type: SqlType;
  readonly value: SqlValue;
}

/** What a statement gave. */
export interface DuckResult {
  readonly columns: readonly { readonly name: string; readonly type: SqlType }[];
  readonly rows: readonly (readonly SqlValue[])[];
  /** Rows inserted, updated or deleted. */
  readonly rowsChanged: number;
}

/** A file that DuckDB cannot read; the message names it and the remedy. */
export class DamagedDuckDatabaseError extends Error {
  override readonly name = 'DamagedDuckDatabaseError';
  readonly code = 'DAMAGED_DATABASE';
}

/** An open database file. */
export class DuckDatabase {
  readonly #instance: DuckDBInstance;

  private constructor(instance: DuckDBInstance) {
    this.#instance = instance;
  }

  /** @throws DamagedDuckDatabaseError */
  static async open(path: string): Promise<DuckDatabase> {
    mkdirSync(dirname(path), { recursive: true });
    try {
      const instance = await DuckDBInstance.create(path, {
        threads: '1',
        memory_limit: '512MB',
        autoinstall_known_extensions: 'false',
        autoload_known_extensions: 'false',
      });
      return new DuckDatabase(instance);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new DamagedDuckDatabaseError(
        `${path} cannot be used: ${reason}. ` +
          'Restore it from a copy, or forget the local state with: npm start -- --fresh',
        { cause: error },
      );
    }
  }

  /** A connection with a transaction of its own. */
  async connect(): Promise<DuckSession> {
    const connection = await this.#instance.connect();
    await connection.run(
      "CREATE SCHEMA IF NOT EXISTS dbo; SET schema = 'dbo'; SET TimeZone = 'UTC'; SET integer_division = true",
    );
    return new DuckSession(connection);
  }

  close(): void {
    this.#instance.closeSync();
  }
}

/** One connection; one statement at a time. */
export class DuckSession {
  readonly #connection: DuckDBConnection;

  constructor(connection: DuckDBConnection) {
    this.#connection = connection;
  }

  /** Runs one statement of DuckDB's own SQL; `$p0` is the first parameter. */
  async run(sql: string, parameters: readonly TypedValue[] = []): Promise<DuckResult> {
    const values: Record<string, DuckDBValue> = {};
    const types: Record<string, DuckDBType> = {};
    for (const [index, { type, value }] of parameters.entries()) {
      values[`p${index}`] = toDuck(value, type);
      types[`p${index}`] = duckValueType(type);
    }
    const result = await this.#connection.runAndReadAll(sql, values, types);
    const names = result.columnNames();
    return {
      columns: result.columnTypes().map((type, index) => ({
        name: names[index] ?? '',
        type: sqlTypeOf(type),
      })),
      rows: result.getRows().map((row) => row.map(fromDuck)),
      rowsChanged: result.rowsChanged,
    };
  }

  /** Adds rows to a temporary table, fast. */
  async append(
    table: string,
    types: readonly SqlType[],
    rows: readonly (readonly SqlValue[])[],
  ): Promise<void> {
    const appender = await this.#connection.createAppender(table, 'main', 'temp');
    try {
      const duckTypes = types.map(duckValueType);
      for (const row of rows) {
        for (const [index, type] of types.entries()) {
          appender.appendValue(toDuck(row[index] ?? null, type), duckTypes[index]);
        }
        appender.endRow();
      }
    } finally {
      appender.closeSync();
    }
  }

  /** Ends the statement under way with an error. */
  interrupt(): void {
    this.#connection.interrupt();
  }

  close(): void {
    this.#connection.closeSync();
  }
}

/** The SQL of `cloud/databricks`, which Databricks runs as it is. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

/** The file that says what DuckDB calls otherwise. */
const DIALECT = 'dialects/duckdb.sql';
const STEPS = 'steps';
const TABLES_STEP = '00-tables.sql';

/** Statements in the order they are to run in. */
export interface SqlFiles {
  /** Makes the tables that are missing. */
  readonly tables: readonly string[];
  /** Functions under the names that the steps use, and the lines of the batch. */
  readonly dialect: readonly string[];
  /** Takes in one batch. */
  readonly steps: readonly string[];
}

/** Reads them from `cloud/databricks`. */
export function readSqlFiles(folder: string): SqlFiles {
  const names = readdirSync(join(folder, STEPS)).filter((name) => name.endsWith('.sql'));
  const steps = names.filter((name) => name !== TABLES_STEP).toSorted();
  const read = (path: string) => statementsOf(readFileSync(join(folder, path), 'utf8'));
  return {
    tables: read(join(STEPS, TABLES_STEP)),
    dialect: read(DIALECT),
    steps: steps.flatMap((name) => read(join(STEPS, name))),
  };
}

/** A statement ends with a semicolon at the end of a line, and nowhere else. */
function statementsOf(sql: string): string[] {
  return sql
    .replaceAll(/^\s*--.*$/gm, '')
    .split(/;\s*$/m)
    .map((statement) => statement.trim())
    .filter((statement) => statement !== '');
}

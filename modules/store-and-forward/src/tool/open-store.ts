/** Opens a store-and-forward database to read it, or says why that is none. */
import { existsSync, statSync } from 'node:fs';
import { readDatabase, type Database } from '../../../shared/src/database.ts';
import { DURABLE_SCHEMA } from '../../../shared/src/durable-schema.ts';
import { messageOf } from '../../../shared/src/edge-error.ts';
import { storeAndForward } from '../store-and-forward.ts';
import { ToolError } from './tool-error.ts';

/** One SQL script per schema version, oldest first. */
export const MIGRATIONS: readonly string[] = [DURABLE_SCHEMA, ...storeAndForward.migrations];

/** A table of every module, and one of this module alone. */
const COMMON_TABLE = 'kept';
const OWN_TABLE = 'waiting';

/**
 * Opens the database at `path`, read only; a running module is not disturbed.
 *
 * @throws ToolError `NO_FILE`, `NOT_THIS_STORE`, `VERSION` or `DAMAGED`
 */
export function openStore(path: string): Database {
  requireFile(path);
  const database = opened(path);
  try {
    requireOwn(path, database);
    return database;
  } catch (error) {
    database.close();
    throw error instanceof ToolError ? error : damaged(path, error);
  }
}

/** @throws ToolError `NO_FILE` */
export function requireFile(path: string): void {
  const found = existsSync(path) ? statSync(path) : undefined;
  if (found?.isFile()) return;
  const problem = found === undefined ? `${path} is missing` : `${path} is no file`;
  throw new ToolError('NO_FILE', `${problem}: say which with --database FILE.`);
}

function opened(path: string): Database {
  try {
    return readDatabase(path);
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined;
    if (code === 'SQLITE_NOTADB') {
      throw new ToolError(
        'DAMAGED',
        `${path} is no SQLite database, or its first page is damaged: ` +
          'if it was store-and-forward’s, repair saves what is left.',
        error,
      );
    }
    if (code === 'SQLITE_CANTOPEN' || code === 'SQLITE_READONLY_DIRECTORY') {
      throw new ToolError(
        'NO_FILE',
        `${path} cannot be opened (${messageOf(error)}): run this as the module’s user, ` +
          'in a folder that user may write to.',
        error,
      );
    }
    throw damaged(path, error);
  }
}

function requireOwn(path: string, database: Database): void {
  const tables = database.prepare("SELECT name FROM sqlite_schema WHERE type = 'table'").pluck();
  const names = new Set(tables.all());
  if (!names.has(OWN_TABLE)) {
    const what = names.has(COMMON_TABLE) ? 'the database of another module' : 'another database';
    throw new ToolError(
      'NOT_THIS_STORE',
      `${path} is ${what}: store-and-forward’s is named ${storeAndForward.databaseName}.`,
    );
  }
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version === MIGRATIONS.length) return;
  const remedy =
    version < MIGRATIONS.length
      ? 'start the module of this version once, which brings it up to date'
      : 'use the tool of the module’s own version';
  throw new ToolError(
    'VERSION',
    `${path} has schema version ${version}, this tool reads ${MIGRATIONS.length}: ${remedy}.`,
  );
}

function damaged(path: string, error: unknown): ToolError {
  return new ToolError(
    'DAMAGED',
    `${path} is damaged (${messageOf(error)}): stop the module, then repair saves what is readable.`,
    error,
  );
}

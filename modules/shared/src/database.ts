/**
 * The one door to SQLite for the modules.
 *
 * Invariants:
 * - what a transaction committed survives kill -9 and power loss (WAL, synchronous=FULL);
 * - a second process on the same database stops with a clear error;
 * - a damaged file is never opened as if nothing were: it is mended by who can, or a clear error.
 */
import { existsSync, mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';
import { EdgeError, messageOf } from './edge-error.ts';

export type Database = Sqlite.Database;
export type Statement = Sqlite.Statement;

/** An open database and the lock that makes it ours. */
export interface OpenDatabase {
  readonly database: Database;
  readonly close: () => void;
}

/** How long a predecessor that is still ending is waited for. */
const LOCK_WAIT_MS = 2_000;

/** The operating system caches pages, too, and gives that memory to others. */
const PAGE_CACHE_KIBIBYTES = 2_048;

/** What is done for a database that may be damaged, while the lock is held. */
export interface Mending {
  /** Called before SQLite looks at the files: what it finds damaged in the log, it drops. */
  before(): void;
  /** Called when SQLite cannot read the database; puts another into its place. */
  mend(error: unknown): void;
}

/**
 * Opens (or makes) a module's database and brings its schema up to date.
 *
 * @param migrations one SQL script per schema version, oldest first; `user_version` counts them
 * @throws EdgeError DATABASE_IN_USE when another process has it open
 * @throws EdgeError DATABASE_UNAVAILABLE when there is no room for it, or it may not be written now
 * @throws EdgeError DATABASE_NEWER when a later version wrote it: nothing is wrong with it
 * @throws EdgeError DATABASE_DAMAGED when SQLite cannot read it
 */
export function openDatabase(
  path: string,
  migrations: readonly string[],
  lockWaitMs = LOCK_WAIT_MS,
  mending?: Mending,
): OpenDatabase {
  let lock: Database | undefined;
  try {
    mkdirSync(dirname(path), { recursive: true });
    lock = lockDatabase(path, lockWaitMs);
    const database = openMended(path, migrations, mending);
    return { database, close: closing(database, lock) };
  } catch (error) {
    lock?.close();
    throw databaseError(path, error);
  }
}

/** Makes a database that is written whole before anybody else sees it. */
export function createDatabase(path: string, migrations: readonly string[]): Database {
  const database = new Sqlite(path);
  database.pragma('auto_vacuum = INCREMENTAL');
  database.pragma('journal_mode = MEMORY');
  database.pragma('synchronous = OFF');
  database.pragma('cache_size = -16000');
  migrate(database, migrations);
  return database;
}

/** Whether SQLite, or who read what it gave, found the content of the database wrong. */
export function isDamage(error: unknown): boolean {
  if (error instanceof EdgeError) return error.code === 'DATABASE_DAMAGED';
  return error instanceof Sqlite.SqliteError && DAMAGE.test(error.code);
}

/** Whether an error tells of the database or its disk, and nothing of what was to be stored. */
export function isDatabaseFault(error: unknown): boolean {
  return error instanceof EdgeError || isDamage(error) || UNAVAILABLE.test(codeOf(error));
}

function codeOf(error: unknown): string {
  return error instanceof Error && 'code' in error ? String(error.code) : '';
}

function closing(database: Database, lock: Database): () => void {
  return () => {
    try {
      database.close();
    } finally {
      lock.close();
    }
  };
}

function openMended(path: string, migrations: readonly string[], mending?: Mending): Database {
  if (mending === undefined) return openFile(path, migrations);
  mending.before();
  try {
    return openFile(path, migrations);
  } catch (error) {
    if (!isDamage(error)) throw error;
    mending.mend(error);
    return openFile(path, migrations);
  }
}

function openFile(path: string, migrations: readonly string[]): Database {
  const database = new Sqlite(path);
  try {
    // Of a file that exists already, this changes nothing.
    database.pragma('auto_vacuum = INCREMENTAL');
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('busy_timeout = 5000');
    database.pragma(`cache_size = -${PAGE_CACHE_KIBIBYTES}`);
    const verdict: unknown = database.pragma('quick_check(1)', { simple: true });
    if (verdict !== 'ok') throw new Sqlite.SqliteError(String(verdict), 'SQLITE_CORRUPT');
    migrate(database, migrations);
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** SQLite's codes, longer ones included, of a content that is wrong or cannot be read from the disk. */
const DAMAGE = /^SQLITE_(CORRUPT|NOTADB|IOERR_(SHORT_)?READ|IOERR_CORRUPTFS)/;
/** And of a place that cannot be used just now; node:fs says the latter part in capitals of its own. */
const UNAVAILABLE =
  /^(SQLITE_(FULL|READONLY|CANTOPEN|IOERR|PERM|AUTH|BUSY|LOCKED|PROTOCOL|NOMEM)|E[A-Z]+$)/;

function databaseError(path: string, error: unknown): unknown {
  if (error instanceof EdgeError) return error;
  if (UNAVAILABLE.test(codeOf(error)) && !isDamage(error)) {
    return new EdgeError(
      'DATABASE_UNAVAILABLE',
      `${path} cannot be written: ${messageOf(error)}. ` +
        'Make room on its disk, let this user write there, and end what else writes to it.',
      error,
    );
  }
  return new EdgeError(
    'DATABASE_DAMAGED',
    `${path} cannot be used: ${messageOf(error)}. ` +
      'Restore it from a copy, or move it away to begin without the module’s memory.',
    error,
  );
}

/**
 * Opens a database only to read it, also while its module runs, which is not held up.
 *
 * A read that lasts keeps the log from being cut: read little at a time.
 *
 * @throws Error with SQLite's own `code`, SQLITE_CANTOPEN or SQLITE_NOTADB say
 */
export function readDatabase(path: string): Database {
  const database = new Sqlite(path, { readonly: true, fileMustExist: true });
  try {
    // Only now the file is looked at.
    database.pragma('user_version');
    return database;
  } catch (error) {
    database.close();
    throw error;
  }
}

/** Whether a process has this module's database open; leaves no trace. */
export function isDatabaseInUse(path: string): boolean {
  if (!existsSync(`${path}.lock`)) return false;
  const lock = new Sqlite(`${path}.lock`, { readonly: true, timeout: 0 });
  try {
    lock.pragma('user_version');
    return false;
  } catch (error) {
    return error instanceof Sqlite.SqliteError && error.code === 'SQLITE_BUSY';
  } finally {
    lock.close();
  }
}

/**
 * Takes the lock: an exclusive transaction on a file of its own, which the operating system lets go
 * when the process ends in whatever way, and which leaves the database readable by others.
 */
function lockDatabase(path: string, waitMs: number): Database {
  const lock = new Sqlite(`${path}.lock`, { timeout: waitMs });
  try {
    lock.exec('BEGIN EXCLUSIVE');
    return lock;
  } catch (error) {
    lock.close();
    if (!(error instanceof Sqlite.SqliteError) || error.code !== 'SQLITE_BUSY') throw error;
    throw new EdgeError(
      'DATABASE_IN_USE',
      `${path} is in use by another process: stop that module, or give this one its own STATE_FOLDER.`,
      error,
    );
  }
}

function migrate(database: Database, migrations: readonly string[]): void {
  const version = Number(database.pragma('user_version', { simple: true }));
  if (version > migrations.length) {
    throw new EdgeError(
      'DATABASE_NEWER',
      `${database.name} cannot be used: its schema version ${version} is newer than this program's. ` +
        'Run the newer version again, restore a copy from before it, ' +
        'or move the file away to begin without the module’s memory.',
    );
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    database.transaction(() => {
      database.exec(sql);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
}

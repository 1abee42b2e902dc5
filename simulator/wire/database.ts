/**
 * The one door to SQLite for the simulated services.
 *
 * Invariants:
 * - what a transaction committed survives kill -9 and power loss (WAL, synchronous=FULL);
 * - `GroupCommit.run` resolves only after the commit that holds its work.
 */
import { mkdirSync } from 'node:fs';
import { dirname } from 'node:path';
import Sqlite from 'better-sqlite3';

export type Database = Sqlite.Database;
export type Statement = Sqlite.Statement;

/** A database file that SQLite cannot read. The message names the file and the remedy. */
export class DamagedDatabaseError extends Error {
  override readonly name = 'DamagedDatabaseError';
  readonly code = 'DAMAGED_DATABASE';
}

/**
 * Opens (or makes) a durable database and brings its schema up to date.
 *
 * @param migrations one SQL script per schema version, oldest first; `user_version` counts them
 * @throws DamagedDatabaseError when the file is not a sound SQLite database or is from a later version
 */
export function openDatabase(path: string, migrations: readonly string[]): Database {
  mkdirSync(dirname(path), { recursive: true });
  let database: Database | undefined;
  try {
    database = new Sqlite(path);
    database.pragma('journal_mode = WAL');
    database.pragma('synchronous = FULL');
    database.pragma('busy_timeout = 5000');
    const [check] = database.pragma('quick_check(1)') as { quick_check: string }[];
    if (check?.quick_check !== 'ok') throw new Error(check?.quick_check ?? 'no answer');
    migrate(database, migrations);
    return database;
  } catch (error) {
    database?.close();
    const reason = error instanceof Error ? error.message : String(error);
    throw new DamagedDatabaseError(
      `${path} cannot be used: ${reason}. ` +
        'Restore it from a copy, or forget the local state with: npm start -- --fresh',
      { cause: error },
    );
  }
}

/**
 * Opens a database that another process writes, for reading only.
 *
 * @throws Error when there is no such file or SQLite cannot read it
 */
export function openReadOnly(path: string): Database {
  return new Sqlite(path, { readonly: true, fileMustExist: true });
}

function migrate(database: Database, migrations: readonly string[]): void {
  const version = database.pragma('user_version', { simple: true }) as number;
  if (version > migrations.length) {
    throw new Error(`its schema version ${version} is newer than this program's`);
  }
  for (const [index, sql] of migrations.entries()) {
    if (index < version) continue;
    database.transaction(() => {
      database.exec(sql);
      database.pragma(`user_version = ${index + 1}`);
    })();
  }
}

interface Pending {
  readonly work: () => unknown;
  readonly resolve: (result: unknown) => void;
  readonly reject: (error: unknown) => void;
}

/** How long work that is in no hurry waits for a commit that comes anyway. */
const NO_HURRY_MS = 20;

/** Puts all work that arrives in one turn of the event loop into one transaction: one fsync for all. */
export class GroupCommit {
  readonly #database: Database;
  #pending: Pending[] = [];
  #isScheduled = false;
  #later: NodeJS.Timeout | undefined;

  constructor(database: Database) {
    this.#database = database;
  }

  /**
   * Runs `work` inside a transaction and resolves with its result once that is on disk.
   *
   * `work` is synchronous and touches nothing but the database: it may run twice, when other work
   * of the same commit fails.
   */
  run<T>(work: () => T): Promise<T> {
    if (!this.#isScheduled) {
      this.#isScheduled = true;
      setImmediate(() => this.#commit());
    }
    return this.#add(work);
  }

  /** Like `run`, for work that nobody waits for: it goes along with the next commit, at the latest after 20 ms. */
  runSoon<T>(work: () => T): Promise<T> {
    this.#later ??= setTimeout(() => this.#commit(), NO_HURRY_MS);
    return this.#add(work);
  }

  /** Commits what is waiting, before the database is closed. */
  flush(): void {
    this.#commit();
  }

  #add<T>(work: () => T): Promise<T> {
    return new Promise<T>((resolve, reject) => {
      this.#pending.push({ work, resolve: (result) => resolve(result as T), reject });
    });
  }

  #commit(): void {
    const batch = this.#pending;
    this.#pending = [];
    this.#isScheduled = false;
    clearTimeout(this.#later);
    this.#later = undefined;
    if (batch.length === 0) return;
    try {
      const results = this.#database.transaction(() => batch.map(({ work }) => work()))();
      for (const [index, { resolve }] of batch.entries()) resolve(results[index]);
    } catch {
      for (const pending of batch) this.#commitAlone(pending);
    }
  }

  #commitAlone({ work, resolve, reject }: Pending): void {
    try {
      resolve(this.#database.transaction(work)());
    } catch (error) {
      reject(error);
    }
  }
}

/** The database of this machine: opened, migrated with cloud/sql, with a user for each service. */
import { createHash, timingSafeEqual } from 'node:crypto';
import { join } from 'node:path';
import { migrate, readMigrations, type SqlBatches } from '../../../cloud/sql/tool/migrations.ts';
import type { Settings } from '../../wire/settings.ts';
import { SQL_ADMINISTRATOR, SQL_DATABASE, SQL_USERS } from '../../wire/sql-connection.ts';
import { SqlError } from './core/sql-error.ts';
import { prepareCatalog } from './engine/catalog.ts';
import { DuckDatabase } from './engine/duck-database.ts';
import { signIn, type Principal } from './engine/principals.ts';
import { SchemaCache } from './engine/schema-cache.ts';
import { SqlSession } from './engine/session.ts';
import { WriteLock } from './engine/write-lock.ts';
import type { Login } from './tds/login.ts';

const OWNER: Principal = { name: SQL_ADMINISTRATOR, isOwner: true };

export class LocalDatabase {
  readonly #duck: DuckDatabase;
  readonly #lock = new WriteLock();
  readonly #cache = new SchemaCache();
  readonly #settings: Settings;

  private constructor(duck: DuckDatabase, settings: Settings) {
    this.#duck = duck;
    this.#settings = settings;
  }

  /**
   * Opens `<stateFolder>/sql/smart-meters.duckdb` and brings it up to date.
   *
   * @throws DamagedDuckDatabaseError for the file, MigrationError for a migration
   */
  static async open(settings: Settings): Promise<LocalDatabase> {
    const file = join(settings.stateFolder, 'sql', `${SQL_DATABASE}.duckdb`);
    const duck = await DuckDatabase.open(file);
    const database = new LocalDatabase(duck, settings);
    try {
      const session = await duck.connect();
      await prepareCatalog(session);
      session.close();
      await database.#prepare();
      return database;
    } catch (error) {
      duck.close();
      throw error;
    }
  }

  /** @throws SqlError 18456 when the password or name is wrong, 4060 for another database */
  async signIn({ user, password, database, usesEntra }: Login): Promise<SqlSession> {
    if (usesEntra) {
      throw new SqlError(
        18_456,
        'Login failed: the local Azure SQL has no Microsoft Entra ID. Sign in with user and password.',
        { severity: 14 },
      );
    }
    const principal = await this.#principal(user, password);
    if (principal === undefined) {
      throw new SqlError(18_456, `Login failed for user '${user}'.`, { severity: 14 });
    }
    if (database !== '' && database.toLowerCase() !== SQL_DATABASE) {
      const message = `Cannot open database "${database}" requested by the login. The login failed.`;
      throw new SqlError(4060, message, { severity: 11 });
    }
    return await this.#session(principal);
  }

  close(): void {
    this.#duck.close();
  }

  async #principal(user: string, password: string): Promise<Principal | undefined> {
    if (user === SQL_ADMINISTRATOR) {
      return isSame(password, this.#settings.secrets.sqlPassword) ? OWNER : undefined;
    }
    const session = await this.#duck.connect();
    try {
      return await signIn(session, user, password);
    } finally {
      session.close();
    }
  }

  async #session(principal: Principal): Promise<SqlSession> {
    const duck = await this.#duck.connect();
    return new SqlSession({ duck, lock: this.#lock, cache: this.#cache, principal });
  }

  async #prepare(): Promise<void> {
    const session = await this.#session(OWNER);
    try {
      const batches = sqlBatches(session);
      const folder = join(this.#settings.projectFolder, 'cloud/sql/migrations');
      await migrate(batches, readMigrations(folder));
      for (const [user, role] of Object.entries(SQL_USERS)) {
        const password = this.#settings.secrets.sqlPassword.replaceAll("'", "''");
        await batches.run(
          `IF DATABASE_PRINCIPAL_ID(N'${user}') IS NULL
             CREATE USER [${user}] WITH PASSWORD = N'${password}';
           ALTER ROLE ${role} ADD MEMBER [${user}];`,
        );
      }
    } finally {
      await session.close();
    }
  }
}

/** A session as the migrations take it. */
function sqlBatches(session: SqlSession): SqlBatches {
  const run = async (batch: string): Promise<Record<string, unknown>[]> => {
    let rows: Record<string, unknown>[] = [];
    for await (const event of session.run(batch, new Map(), new AbortController().signal)) {
      if (event.kind === 'error') throw event.error;
      if (event.kind === 'rows') {
        const names = event.columns.map(({ name }) => name);
        rows = event.rows.map((row) =>
          Object.fromEntries(row.map((value, at) => [names[at], value])),
        );
      }
    }
    return rows;
  };
  return {
    run,
    inTransaction: async (batches) => {
      for (const batch of ['BEGIN TRANSACTION;', ...batches, 'COMMIT TRANSACTION;'])
        await run(batch);
    },
  };
}

function isSame(one: string, other: string): boolean {
  const digest = (text: string) => createHash('sha256').update(text).digest();
  return timingSafeEqual(digest(one), digest(other));
}

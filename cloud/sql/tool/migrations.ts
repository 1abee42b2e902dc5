/** The migrations: which there are, and which a database still lacks. */
import { createHash } from 'node:crypto';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';

/** One file of `migrations/`. */
export interface Migration {
  /** File name without its ending, such as `001-averages`. */
  readonly name: string;
  /** What `GO` separates: each is sent by itself. */
  readonly batches: readonly string[];
  /** SHA-256 of the file, hexadecimal. */
  readonly hash: string;
}

/** One database, however it is reached. */
export interface SqlBatches {
  /** Runs a batch and gives the rows of its last result. */
  run(batch: string): Promise<readonly Readonly<Record<string, unknown>>[]>;
  /** Runs several in one transaction. */
  inTransaction(batches: readonly string[]): Promise<void>;
}

/** A migration that cannot be applied; the message names the file and the remedy. */
export class MigrationError extends Error {
  override readonly name = 'MigrationError';
  readonly code = 'MIGRATION';
}

const TABLE = `
IF OBJECT_ID(N'dbo.schema_migrations', N'U') IS NULL
BEGIN
    CREATE TABLE dbo.schema_migrations (
        name nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
        hash nvarchar(64) COLLATE Latin1_General_100_BIN2 NOT NULL,
        appliedAt datetime2(3) NOT NULL DEFAULT SYSUTCDATETIME(),
        CONSTRAINT pk_schema_migrations PRIMARY KEY CLUSTERED (name)
    );
END;
`;

/** @throws MigrationError when a file's name has no number, or two have the same */
export function readMigrations(folder: string): readonly Migration[] {
  const files = readdirSync(folder)
    .filter((file) => file.endsWith('.sql'))
    .toSorted();
  const numbers = files.map((file) => /^(\d{3})-[a-z0-9-]+\.sql$/.exec(file)?.[1]);
  for (const [index, number] of numbers.entries()) {
    const file = files[index] ?? '';
    if (number === undefined) throw new MigrationError(`${file}: call it 001-what-it-makes.sql.`);
    if (numbers.indexOf(number) !== index) {
      throw new MigrationError(`${file}: there is another ${number}; give it the next number.`);
    }
  }
  return files.map((file) => {
    const text = readFileSync(join(folder, file), 'utf8');
    return {
      name: file.slice(0, -'.sql'.length),
      batches: splitBatches(text),
      hash: createHash('sha256').update(text).digest('hex'),
    };
  });
}

/** Cuts a script where a line says nothing but `GO`; comments before a statement stay with it. */
export function splitBatches(script: string): string[] {
  return script
    .split(/^[ \t]*GO[ \t]*;?[ \t]*\r?$/im)
    .filter((batch) => batch.replaceAll(/--[^\n]*/g, '').trim() !== '');
}

/**
 * Brings a database up to date: what it lacks is applied in order, each migration whole or not at all.
 *
 * @returns names of what was applied
 * @throws MigrationError when one fails, or was changed after it was applied
 */
export async function migrate(
  database: SqlBatches,
  migrations: readonly Migration[],
): Promise<string[]> {
  await database.run(TABLE);
  const rows = await database.run('SELECT name, hash FROM dbo.schema_migrations;');
  const applied = new Map(rows.map(({ name, hash }) => [String(name), String(hash)]));
  const done: string[] = [];
  for (const migration of migrations) {
    const { name, batches, hash } = migration;
    const before = applied.get(name);
    if (before !== undefined && before !== hash) {
      throw new MigrationError(
        `${name}.sql was changed after it had been applied to this database. ` +
          'Give it back its old text, and put the change into a migration of its own.',
      );
    }
    if (before !== undefined) continue;
    const record = `INSERT INTO dbo.schema_migrations (name, hash) VALUES (N'${name}', N'${hash}');`;
    try {
      await database.inTransaction([...batches, record]);
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      throw new MigrationError(`${name}.sql failed, and left nothing behind: ${reason}`, {
        cause: error,
      });
    }
    done.push(name);
  }
  return done;
}

/**
 * The tables of the cold path in one DuckDB file.
 *
 * Invariants:
 * - a batch of files is taken in whole or not at all, and its files are marked in the same commit;
 * - what the tables hold follows from the files alone, however often they are taken in.
 */
import { renameSync } from 'node:fs';
import { join } from 'node:path';
import {
  DuckDBInstance,
  DuckDBTimestampValue,
  type DuckDBAppender,
  type DuckDBConnection,
} from '@duckdb/node-api';
import { z } from 'zod';
import type { ArchiveFile } from './archive.ts';
import { ColdPathError, reasonOf } from './cold-path-error.ts';
import type { SqlFiles } from './sql-files.ts';

/** What is written as Parquet; the bronze lines are the archive once more. */
export const RESULT_TABLES = [
  'readings',
  'rejects',
  'hourly',
  'daily',
  'weekly',
  'monthly',
  'device_summary',
  'archive_files',
] as const;
export type ResultTable = (typeof RESULT_TABLES)[number];

/** More spills to disk. */
const MEMORY_LIMIT = '3GB';
const MICROSECONDS_PER_MILLISECOND = 1_000n;

const KnownFiles = z.array(
  z.object({ file: z.string(), size: z.coerce.number(), modifiedMs: z.coerce.number() }),
);
const Counts = z.array(z.object({ name: z.string(), rows: z.coerce.number() }));
const DeviceSummary = z.array(
  z.object({ id: z.string(), count: z.coerce.number(), average: z.number() }),
);
export type DeviceSummary = z.infer<typeof DeviceSummary>;

/** A file and what it holds. */
export interface LoadedFile {
  readonly file: ArchiveFile;
  readonly content: Uint8Array;
}

/** One open database. */
export class Tables {
  readonly #instance: DuckDBInstance;
  readonly #connection: DuckDBConnection;
  readonly #sql: SqlFiles;

  private constructor(instance: DuckDBInstance, connection: DuckDBConnection, sql: SqlFiles) {
    this.#instance = instance;
    this.#connection = connection;
    this.#sql = sql;
  }

  /**
   * Opens the file, and makes the tables that are missing.
   *
   * @throws ColdPathError `TABLES` when it cannot be used, or is in use
   */
  static async open(path: string, sql: SqlFiles): Promise<Tables> {
    const instance = await openFile(path);
    const tables = new Tables(instance, await instance.connect(), sql);
    await tables.#runAll([
      "SET TimeZone = 'UTC'",
      ...sql.tables,
      'CREATE TEMPORARY TABLE batch_files (file STRING, size BIGINT, modified TIMESTAMP)',
      'CREATE TEMPORARY TABLE read_files (file STRING, content BLOB)',
      ...sql.dialect,
    ]);
    return tables;
  }

  /**
   * Remembers which archive the tables are made from.
   *
   * @throws ColdPathError `TABLES` when they were made from another one
   */
  async belongTo(archive: string): Promise<void> {
    await this.#run('CREATE TABLE IF NOT EXISTS made_from (archive STRING)');
    const rows = await this.#rows('SELECT archive FROM made_from');
    const [known] = z.array(z.object({ archive: z.string() })).parse(rows);
    if (known === undefined) {
      await this.#connection.run('INSERT INTO made_from VALUES ($1)', [archive]);
    } else if (known.archive !== archive) {
      throw new ColdPathError(
        'TABLES',
        `These tables were made from ${known.archive}, not from ${archive}. ` +
          'Choose another --to, or start over with --fresh.',
      );
    }
  }

  /** The files that are new, or have changed since they were taken in. */
  async pending(files: readonly ArchiveFile[]): Promise<ArchiveFile[]> {
    const rows = await this.#rows(
      'SELECT file, size, epoch_ms(modified) AS "modifiedMs" FROM archive_files',
    );
    const known = new Map(KnownFiles.parse(rows).map((row) => [row.file, row]));
    return files.filter(({ name, sizeBytes, modifiedMs }) => {
      const then = known.get(name);
      return then?.size !== sizeBytes || then.modifiedMs !== modifiedMs;
    });
  }

  /** Takes in a batch of files; repeating it changes nothing. */
  async takeIn(batch: readonly LoadedFile[]): Promise<void> {
    await this.#run('BEGIN');
    try {
      await this.#fill('batch_files', batch, ({ file }, appender) => {
        appender.appendVarchar(file.name);
        appender.appendBigInt(BigInt(file.sizeBytes));
        const micros = BigInt(file.modifiedMs) * MICROSECONDS_PER_MILLISECOND;
        appender.appendTimestamp(new DuckDBTimestampValue(micros));
      });
      await this.#fill('read_files', batch, ({ file, content }, appender) => {
        appender.appendVarchar(file.name);
        appender.appendBlob(content);
      });
      await this.#runAll([...this.#sql.steps, 'DELETE FROM read_files', 'DELETE FROM batch_files']);
      await this.#run('COMMIT');
    } catch (error) {
      await this.#run('ROLLBACK');
      throw error;
    }
  }

  /** Writes every result as a Parquet file, whole or not at all. */
  async writeParquet(folder: string): Promise<void> {
    for (const table of RESULT_TABLES) {
      const path = join(folder, `${table}.parquet`);
      const unfinished = `${path}.unfinished`;
      const target = `'${unfinished.replaceAll("'", "''")}'`;
      await this.#run(`COPY (SELECT * FROM ${table} ORDER BY ALL) TO ${target} (FORMAT parquet)`);
      renameSync(unfinished, path);
    }
  }

  /** Rows of each result. */
  async sizes(): Promise<ReadonlyMap<ResultTable, number>> {
    const counts = RESULT_TABLES.map(async (table): Promise<[ResultTable, number]> => {
      const [row] = await this.#counts(`SELECT '${table}' AS name, count(*) AS rows FROM ${table}`);
      return [table, row?.rows ?? 0];
    });
    return new Map(await Promise.all(counts));
  }

  /** Records that the files hold: all lines but headers and blank ones. */
  async records(): Promise<number> {
    const [row] = await this.#counts(
      "SELECT 'records' AS name, coalesce(sum(records), 0) AS rows FROM archive_files",
    );
    return row?.rows ?? 0;
  }

  /** How many records were rejected for which reason, the most frequent first. */
  async rejectsByReason(): Promise<ReadonlyMap<string, number>> {
    const rows = await this.#counts(
      'SELECT reason AS name, count(*) AS rows FROM rejects GROUP BY reason ORDER BY rows DESC, name',
    );
    return new Map(rows.map(({ name, rows: count }) => [name, count]));
  }

  /** The first meters of `device_summary`. */
  async deviceSummary(limit: number): Promise<DeviceSummary> {
    const rows = await this.#rows(`SELECT * FROM device_summary ORDER BY id LIMIT ${limit}`);
    return DeviceSummary.parse(rows);
  }

  close(): void {
    this.#connection.closeSync();
    this.#instance.closeSync();
  }

  async #fill(
    table: string,
    batch: readonly LoadedFile[],
    append: (file: LoadedFile, appender: DuckDBAppender) => void,
  ): Promise<void> {
    const appender = await this.#connection.createAppender(table);
    for (const file of batch) {
      append(file, appender);
      appender.endRow();
    }
    appender.closeSync();
  }

  async #counts(sql: string): Promise<z.infer<typeof Counts>> {
    return Counts.parse(await this.#rows(sql));
  }

  async #rows(sql: string): Promise<unknown> {
    return (await this.#connection.runAndReadAll(sql)).getRowObjectsJson();
  }

  async #runAll(statements: readonly string[]): Promise<void> {
    for (const statement of statements) await this.#run(statement);
  }

  async #run(sql: string): Promise<void> {
    await this.#connection.run(sql);
  }
}

async function openFile(path: string): Promise<DuckDBInstance> {
  try {
    return await DuckDBInstance.create(path, { memory_limit: MEMORY_LIMIT });
  } catch (error) {
    const remedy = 'End the program that has it open, or start over with --fresh.';
    throw new ColdPathError(
      'TABLES',
      `${path} cannot be used: ${reasonOf(error)}. ${remedy}`,
      error,
    );
  }
}

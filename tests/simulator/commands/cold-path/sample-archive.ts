/** CSV files in a temporary folder, tables from them, and what these hold. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { z } from 'zod';
import type { Archive } from '../../../../simulator/commands/cold-path/archive.ts';
import { folderArchive } from '../../../../simulator/commands/cold-path/folder-archive.ts';
import {
  DATABASE_FILE,
  runColdPath,
  type ColdPathResult,
} from '../../../../simulator/commands/cold-path/run-cold-path.ts';

export const SQL_FOLDER = fileURLToPath(new URL('../../../../cloud/databricks', import.meta.url));

/** The header that the cold-path job writes, with its line end. */
export const HEADER = 'id,time,temp,seq,gateway,archiveHour\r\n';

const Rows = z.array(z.record(z.string(), z.union([z.string(), z.number(), z.null()])));
export type Row = z.infer<typeof Rows>[number];

/** One folder with files, one with tables. */
export class SampleArchive {
  readonly folder: string;
  readonly files: string;
  readonly tables: string;

  private constructor(folder: string) {
    this.folder = folder;
    this.files = join(folder, 'files');
    this.tables = join(folder, 'tables');
  }

  static async make(): Promise<SampleArchive> {
    return new SampleArchive(await mkdtemp(join(tmpdir(), 'cold-path-')));
  }

  async write(name: string, content: string | Uint8Array): Promise<void> {
    const path = join(this.files, name);
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, content);
  }

  run(
    options: { readonly fresh?: boolean; readonly archive?: Archive } = {},
  ): Promise<ColdPathResult> {
    return runColdPath({
      archive: options.archive ?? folderArchive(this.files),
      folder: this.tables,
      sqlFolder: SQL_FOLDER,
      fresh: options.fresh ?? false,
      say: () => undefined,
    });
  }

  /** Rows of a query over the tables. */
  async query(sql: string): Promise<Row[]> {
    const instance = await DuckDBInstance.create(join(this.tables, DATABASE_FILE));
    const connection = await instance.connect();
    try {
      return Rows.parse((await connection.runAndReadAll(sql)).getRowObjectsJson());
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }

  /** File, line and reason of every reject, in order. */
  async rejects(): Promise<string[]> {
    const rows = await this.query('SELECT * FROM rejects ORDER BY file, line');
    return rows.map(({ file, line, reason }) => `${file}:${line} ${reason}`);
  }

  remove(): Promise<void> {
    return rm(this.folder, { recursive: true, force: true });
  }
}

/** A line of the archive. */
export function lineOf(seq: number, temp: number | string = 70, id = 'Meter01'): string {
  const time = new Date(Date.UTC(2026, 0, 1) + seq * 10_000).toISOString();
  return `${id},${time},${temp},${seq},gateway-01,2026/01/01/00\r\n`;
}

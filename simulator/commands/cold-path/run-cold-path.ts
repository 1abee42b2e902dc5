import { mkdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { Archive, ArchiveFile } from './archive.ts';
import { ColdPathError, reasonOf } from './cold-path-error.ts';
import { readSqlFiles } from './sql-files.ts';
import { Tables, type DeviceSummary, type ResultTable } from './tables.ts';

/** Bytes of CSV that one commit takes in. */
const BATCH_BYTES = 32 * 1024 * 1024;
const READS_AT_ONCE = 16;
const SHOWN_METERS = 10;

/** Names in the folder of the tables. */
export const DATABASE_FILE = 'cold-path.duckdb';
export const PARQUET_FOLDER = 'parquet';

/** What a run works with. */
export interface ColdPathJob {
  readonly archive: Archive;
  /** Where the tables go; made when missing. */
  readonly folder: string;
  /** `cloud/databricks` of the project. */
  readonly sqlFolder: string;
  /** Forget the tables there are. */
  readonly fresh: boolean;
  readonly say: (text: string) => void;
}

/** What the tables hold after a run, and what the run took in. */
export interface ColdPathResult {
  readonly archive: string;
  readonly folder: string;
  /** Files in the archive, and those of them that were new or had changed. */
  readonly files: number;
  readonly takenIn: number;
  /** Records of all files taken in so far. */
  readonly records: number;
  readonly repeats: number;
  readonly rejectsByReason: ReadonlyMap<string, number>;
  readonly sizes: ReadonlyMap<ResultTable, number>;
  readonly deviceSummary: DeviceSummary;
  readonly seconds: number;
}

/**
 * Brings the tables up to date with the archive.
 *
 * @throws ColdPathError
 */
export async function runColdPath(job: ColdPathJob): Promise<ColdPathResult> {
  const startedAt = performance.now();
  const files = await job.archive.list();
  const tables = await openTables(job);
  try {
    await tables.belongTo(job.archive.name);
    const pending = await tables.pending(files);
    let done = 0;
    for (const batch of batchesOf(pending)) {
      await tables.takeIn(await load(job.archive, batch));
      done += batch.length;
      job.say(`${done} of ${pending.length} files taken in`);
    }
    const parquetFolder = join(job.folder, PARQUET_FOLDER);
    mkdirSync(parquetFolder, { recursive: true });
    await tables.writeParquet(parquetFolder);
    const counts = { files: files.length, takenIn: pending.length };
    return await resultOf(job, tables, { ...counts, startedAt });
  } finally {
    tables.close();
  }
}

async function openTables({ folder, fresh, sqlFolder }: ColdPathJob): Promise<Tables> {
  const path = join(folder, DATABASE_FILE);
  try {
    mkdirSync(folder, { recursive: true });
    if (fresh) for (const file of [path, `${path}.wal`]) rmSync(file, { force: true });
  } catch (error) {
    throw new ColdPathError('TABLES', `${folder} cannot be used: ${reasonOf(error)}`, error);
  }
  return Tables.open(path, readSqlFiles(sqlFolder));
}

/** Neighbours together, so that a batch touches few hours. */
function batchesOf(files: readonly ArchiveFile[]): ArchiveFile[][] {
  const batches: ArchiveFile[][] = [];
  let bytes = Number.POSITIVE_INFINITY;
  for (const file of files) {
    if (bytes + file.sizeBytes > BATCH_BYTES) {
      batches.push([]);
      bytes = 0;
    }
    batches.at(-1)?.push(file);
    bytes += file.sizeBytes;
  }
  return batches;
}

async function load(archive: Archive, batch: readonly ArchiveFile[]) {
  const loaded: { file: ArchiveFile; content: Uint8Array }[] = [];
  const queue = [...batch];
  const work = async () => {
    for (let file = queue.shift(); file !== undefined; file = queue.shift()) {
      try {
        loaded.push({ file, content: await archive.read(file) });
      } catch (error) {
        const message = `${archive.name}: ${file.name} cannot be read: ${reasonOf(error)}`;
        throw new ColdPathError('ARCHIVE', message, error);
      }
    }
  };
  await Promise.all(Array.from({ length: READS_AT_ONCE }, work));
  return loaded;
}

async function resultOf(
  { archive, folder }: ColdPathJob,
  tables: Tables,
  { files, takenIn, startedAt }: { files: number; takenIn: number; startedAt: number },
): Promise<ColdPathResult> {
  const [records, sizes, rejectsByReason, deviceSummary] = await Promise.all([
    tables.records(),
    tables.sizes(),
    tables.rejectsByReason(),
    tables.deviceSummary(SHOWN_METERS),
  ]);
  const kept = (sizes.get('readings') ?? 0) + (sizes.get('rejects') ?? 0);
  return {
    archive: archive.name,
    folder,
    files,
    takenIn,
    records,
    repeats: records - kept,
    rejectsByReason,
    sizes,
    deviceSummary,
    seconds: (performance.now() - startedAt) / 1_000,
  };
}

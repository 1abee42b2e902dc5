/**
 * Makes a fresh database of what can still be read in a damaged one.
 *
 * Invariants:
 * - the fresh one takes the place of the damaged one whole or not at all, whatever is killed when;
 * - the damaged one is kept aside, the latest of them only;
 * - what `complete` writes is in the fresh database from its first moment.
 */
import {
  closeSync,
  existsSync,
  fsyncSync,
  openSync,
  readdirSync,
  renameSync,
  rmSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { createDatabase, type Database } from '../database.ts';
import { copyTable, type CopiedTable } from './copy-table.ts';
import { PageFile } from './page-file.ts';
import { forEachRow, type TreeRow } from './tree-rows.ts';

/** What a salvage brought. */
export interface Salvaged {
  readonly tables: readonly CopiedTable[];
}

export interface SalvageOptions {
  readonly migrations: readonly string[];
  /** Whether a table is copied; the others are left empty: what they hold makes no sense. */
  readonly isKept: (table: string) => boolean;
  /** Writes into the fresh database what is to be known of the salvage. */
  readonly complete: (fresh: Database, salvaged: Salvaged) => void;
}

/** Files that SQLite keeps beside a database. */
const BESIDE = ['', '-wal', '-shm'];
const SCHEMA_ROOT = 1;
const SchemaRow = z.tuple([z.string(), z.string(), z.string(), z.int()]).rest(z.unknown());
const SequenceRow = z.tuple([z.string(), z.int()]);
const FreshTable = z.object({ name: z.string(), rootpage: z.int() });

/**
 * Salvages the database at `path`.
 *
 * @throws Error as SQLite or node:fs do when there is no room for the fresh one
 */
export function salvage(path: string, options: SalvageOptions): Salvaged {
  const part = `${path}.salvaging`;
  for (const ending of [...BESIDE, '-journal']) rmSync(`${part}${ending}`, { force: true });
  const file = new PageFile(path);
  let salvaged: Salvaged;
  try {
    salvaged = copyAll(file, part, options);
  } finally {
    file.close();
  }
  sync(part);
  renameSync(part, readyPath(path));
  sync(dirname(path));
  finishSalvage(path);
  return salvaged;
}

/** Puts a fresh database that was complete before a kill into its place. */
export function finishSalvage(path: string): void {
  const ready = readyPath(path);
  if (!existsSync(ready)) return;
  if (existsSync(path)) setAside(path);
  for (const ending of BESIDE) rmSync(`${path}${ending}`, { force: true });
  renameSync(ready, path);
  sync(dirname(path));
}

function readyPath(path: string): string {
  return `${path}.salvaged`;
}

/** The database first: with it gone, a second attempt finds nothing to set aside. */
function setAside(path: string): void {
  const folder = dirname(path);
  const prefix = `${basename(path)}.damaged-`;
  for (const name of readdirSync(folder)) {
    if (name.startsWith(prefix)) rmSync(join(folder, name), { force: true });
  }
  const time = new Date().toISOString().replaceAll(/[-:]|\.\d+/g, '');
  for (const ending of BESIDE) {
    const from = `${path}${ending}`;
    if (existsSync(from)) renameSync(from, join(folder, `${prefix}${time}${ending}`));
  }
}

function copyAll(file: PageFile, part: string, options: SalvageOptions): Salvaged {
  const { migrations, isKept, complete } = options;
  const known = tablesOf(file);
  const isWhole = file.hasHeader && known.size > 0;
  const version = isWhole ? Math.min(file.schemaVersion, migrations.length) : migrations.length;
  const fresh = createDatabase(part, migrations.slice(0, version));
  try {
    fresh.exec('BEGIN');
    const tables = freshTables(fresh)
      .filter(({ name }) => isKept(name))
      // Tables are made in the same order in every database, so without a schema they lie alike.
      .map(({ name, rootpage }) => ({ name, root: isWhole ? known.get(name) : rootpage }))
      .flatMap(({ name, root }) =>
        root === undefined ? [] : [copyTable(name, { file, root }, fresh)],
      );
    copySequences(file, known, fresh);
    complete(fresh, { tables });
    fresh.exec('COMMIT');
    return { tables };
  } finally {
    fresh.close();
  }
}

function freshTables(fresh: Database): z.infer<typeof FreshTable>[] {
  return fresh
    .prepare(
      "SELECT name, rootpage FROM sqlite_schema WHERE type = 'table' AND name NOT LIKE 'sqlite_%'",
    )
    .all()
    .map((row) => FreshTable.parse(row));
}

/** The first page of each table that the damaged database knows. */
function tablesOf(file: PageFile): Map<string, number> {
  const roots = new Map<string, number>();
  forEachRow(file, { root: SCHEMA_ROOT, isIndex: false }, ({ values }: TreeRow) => {
    const [type, name, , root] = SchemaRow.safeParse(values).data ?? [];
    if (type === 'table' && name !== undefined && root !== undefined) roots.set(name, root);
  });
  return roots;
}

/** Row numbers that were used are not used again. */
function copySequences(file: PageFile, known: Map<string, number>, fresh: Database): void {
  const root = known.get('sqlite_sequence');
  if (root === undefined) return;
  const write = fresh.prepare('UPDATE sqlite_sequence SET seq = MAX(seq, ?) WHERE name = ?');
  const insert = fresh.prepare(
    `INSERT INTO sqlite_sequence (name, seq) SELECT ?, ?
     WHERE NOT EXISTS (SELECT 1 FROM sqlite_sequence WHERE name = ?)`,
  );
  forEachRow(file, { root, isIndex: false }, ({ values }) => {
    const { data } = SequenceRow.safeParse(values);
    if (data === undefined) return;
    const [name, seq] = data;
    insert.run(name, seq, name);
    write.run(seq, name);
  });
}

function sync(path: string): void {
  const handle = openSync(path, 'r');
  fsyncSync(handle);
  closeSync(handle);
}

/** What a failing disk does to a database. */
import { closeSync, openSync, writeSync } from 'node:fs';
import Sqlite from 'better-sqlite3';

const PAGE_BYTES = 4_096;

/**
 * Overwrites the root page of a table, so that none of its rows can be found. The database must be
 * closed, and its log in it.
 */
export function overwritePage(path: string, table: string): void {
  const database = new Sqlite(path, { readonly: true });
  const rootPage = Number(
    database.prepare('SELECT rootpage FROM sqlite_schema WHERE name = ?').pluck().get(table),
  );
  database.close();
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(PAGE_BYTES, 0xa5), 0, PAGE_BYTES, (rootPage - 1) * PAGE_BYTES);
  closeSync(file);
}

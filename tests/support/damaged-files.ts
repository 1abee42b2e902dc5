/** Damages database files as disks do: bytes are overwritten, pages go, files end early. */
import { closeSync, openSync, statSync, truncateSync, writeSync } from 'node:fs';
import Sqlite from 'better-sqlite3';

/** Bytes of a page of our databases. */
export const PAGE_BYTES = 4_096;

/** The pages on which rows of a table lie, in the order of the table. */
export function leavesOf(path: string, table: string): number[] {
  return pagesOf(path, table, 'leaf');
}

/** The pages on which rows go on that are too long for one. */
export function overflowOf(path: string, table: string): number[] {
  return pagesOf(path, table, 'overflow');
}

function pagesOf(path: string, table: string, type: string): number[] {
  const database = new Sqlite(path, { readonly: true });
  const pages = database
    .prepare('SELECT pageno FROM dbstat WHERE name = ? AND pagetype = ? ORDER BY path')
    .pluck()
    .all(table, type) as number[];
  database.close();
  return pages;
}

/** Overwrites bytes of a file. */
export function overwrite(path: string, at: number, bytes: number): void {
  const file = openSync(path, 'r+');
  writeSync(file, Buffer.alloc(bytes, 0xa5), 0, bytes, at);
  closeSync(file);
}

/** Overwrites a page of a database, from 1. */
export function overwritePage(path: string, page: number): void {
  overwrite(path, (page - 1) * PAGE_BYTES, PAGE_BYTES);
}

/** Ends a file after a share of its bytes. */
export function cut(path: string, share: number): void {
  truncateSync(path, Math.floor(statSync(path).size * share));
}

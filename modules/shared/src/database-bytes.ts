import { statSync } from 'node:fs';

/** Bytes on disk of a database: the file, its write-ahead log and the log's index. */
export function databaseBytes(path: string): number {
  const sizes = ['', '-wal', '-shm'].map(
    (suffix) => statSync(`${path}${suffix}`, { throwIfNoEntry: false })?.size ?? 0,
  );
  return sizes.reduce((sum, size) => sum + size, 0);
}

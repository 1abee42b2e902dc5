import { chmodSync, existsSync, mkdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';

/** Writes a file that only its owner can read; it appears whole or not at all. */
export function writePrivately(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.new`;
  writeFileSync(draft, text, { mode: 0o600 });
  // The mode above counts only for a file that was not there.
  chmodSync(draft, 0o600);
  renameSync(draft, path);
}

/** Writes a file that everybody may read. */
export function writePublicly(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, text, { mode: 0o644 });
}

/** The first of the files that is there already. */
export function findExisting(paths: readonly string[]): string | undefined {
  return paths.find((path) => existsSync(path));
}

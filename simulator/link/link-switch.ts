/**
 * Whether the link is up, kept on disk.
 *
 * Invariant: the file holds either the old position or the new one, whole, whatever is killed when.
 */
import {
  closeSync,
  fsyncSync,
  mkdirSync,
  openSync,
  readFileSync,
  renameSync,
  writeSync,
} from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';

/** Position of the switch and since when. */
export const LinkPosition = z.object({
  up: z.boolean(),
  /** Epoch milliseconds. */
  sinceMs: z.number(),
});
export type LinkPosition = z.infer<typeof LinkPosition>;

/**
 * Reads the position; undefined when none was kept yet.
 *
 * @throws Error naming the file and the remedy when it is damaged
 */
export function readLinkPosition(path: string): LinkPosition | undefined {
  const text = readIfPresent(path);
  if (text === undefined) return undefined;
  try {
    return LinkPosition.parse(JSON.parse(text));
  } catch (error) {
    throw new Error(`${path} is damaged; delete it, and the link is up again.`, { cause: error });
  }
}

function readIfPresent(path: string): string | undefined {
  try {
    return readFileSync(path, 'utf8');
  } catch (error) {
    if (error instanceof Error && 'code' in error && error.code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Keeps the position, durably. */
export function writeLinkPosition(path: string, position: LinkPosition): void {
  mkdirSync(dirname(path), { recursive: true });
  const temporary = `${path}.new`;
  const file = openSync(temporary, 'w', 0o600);
  try {
    writeSync(file, JSON.stringify(position));
    fsyncSync(file);
  } finally {
    closeSync(file);
  }
  renameSync(temporary, path);
}

import { mkdirSync, openSync, renameSync, statSync } from 'node:fs';
import { dirname } from 'node:path';

/** A log larger than this is set aside when its process starts, bytes. */
const MAX_LOG_BYTES = 10 * 1024 * 1024;

/** Opens a log for appending, readable by its owner only; the caller closes the descriptor. One old file is kept. */
export function openLogFile(file: string): number {
  mkdirSync(dirname(file), { recursive: true });
  const size = statSync(file, { throwIfNoEntry: false })?.size ?? 0;
  if (size > MAX_LOG_BYTES) renameSync(file, `${file}.1`);
  return openSync(file, 'a', 0o600);
}

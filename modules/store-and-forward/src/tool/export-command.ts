/** Writes exports to a file, a folder or standard output, as fast as the reader takes them. */
import { createWriteStream, existsSync, mkdirSync, renameSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { Readable, type Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import type { Database } from '../../../shared/src/database.ts';
import { messageOf } from '../../../shared/src/edge-error.ts';
import { exportedTexts, type ExportTally } from './exports.ts';
import type { ExportKind, ToolOptions } from './options.ts';
import { ToolError } from './tool-error.ts';

/** Where the texts of a command go. */
export interface Outputs {
  readonly stdout: Writable;
  readonly stderr: Writable;
}

/**
 * Exports what is asked for; returns the exit code, 1 when something could not be read.
 *
 * @throws ToolError `OUTPUT`
 */
export async function exportStore(
  database: Database,
  options: ToolOptions,
  { stdout, stderr }: Outputs,
): Promise<number> {
  const { kinds, out } = options;
  let unreadable = 0;
  for (const kind of kinds) {
    const tally: ExportTally = { records: 0, unreadable: 0 };
    const texts = exportedTexts(database, kind, options, tally);
    if (out === undefined) await toStream(texts, stdout);
    else await toFile(texts, fileOf(out, kind, kinds.length > 1));
    stderr.write(`${kind}: ${tally.records} records\n`);
    unreadable += tally.unreadable;
  }
  if (unreadable === 0) return 0;
  stderr.write(`${unreadable} readings are in blocks that cannot be unpacked: check names them.\n`);
  return 1;
}

function fileOf(out: string, kind: ExportKind, isFolder: boolean): string {
  return isFolder ? join(out, `${kind}.csv`) : out;
}

async function toStream(texts: Iterable<string>, stdout: Writable): Promise<void> {
  try {
    await pipeline(Readable.from(texts), stdout, { end: false });
  } catch (error) {
    // The reader has seen enough: `| head`, say.
    if (error instanceof Error && 'code' in error && error.code === 'EPIPE') return;
    throw error;
  }
}

/** Whole or not at all. */
async function toFile(texts: Iterable<string>, path: string): Promise<void> {
  const unfinished = `${path}.unfinished`;
  try {
    mkdirSync(join(path, '..'), { recursive: true });
    await pipeline(Readable.from(texts), createWriteStream(unfinished));
    renameSync(unfinished, path);
  } catch (error) {
    if (existsSync(unfinished)) rmSync(unfinished);
    if (!(error instanceof Error && 'syscall' in error)) throw error;
    throw new ToolError('OUTPUT', `${path} cannot be written: ${messageOf(error)}.`, error);
  }
}

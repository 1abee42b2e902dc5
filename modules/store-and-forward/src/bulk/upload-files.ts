/**
 * What an upload puts where: CSV files in the cold path's layout, then the manifest that lists them.
 *
 * Invariants:
 * - the same blocks give the same names and the same bytes, whenever and however often;
 * - the manifest comes last: where it is, every file is.
 */
import { createHash } from 'node:crypto';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { z } from 'zod';
import { ARCHIVE_COLUMNS, ArchiveFiles } from '../core/archive-files.ts';
import type { NewBlob } from './blob-container.ts';
import type { BulkStore, Upload } from './bulk-store.ts';

/** A reading as it was stored. */
const Stored = z.object({
  id: z.string(),
  time: z.string(),
  temp: z.number(),
  seq: z.number().optional(),
});

/** Which block cannot be unpacked, or holds something else than readings. */
export interface DamagedBlock {
  readonly damaged: Upload['blocks'][number];
}

/** All that an upload puts. */
export interface UploadFiles {
  readonly files: readonly NewBlob[];
  readonly manifest: NewBlob;
  /** The first and the last instant, epoch milliseconds. */
  readonly fromMs: number;
  readonly toMs: number;
  /** Bytes of all files. */
  readonly bytes: number;
}

export interface UploadContext {
  /** What the blobs are named by. */
  readonly gateway: string;
  /** What the archive's column `gateway` says. */
  readonly deviceId: string;
  readonly signal: AbortSignal;
}

/** Makes the files; other work goes on in between. */
export async function uploadFiles(
  store: BulkStore,
  upload: Upload,
  { gateway, deviceId, signal }: UploadContext,
): Promise<UploadFiles | DamagedBlock> {
  const archive = new ArchiveFiles(deviceId);
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = Number.NEGATIVE_INFINITY;
  for (const block of upload.blocks) {
    const readings = readingsOf(store.textsOf(block[0]));
    if (readings === undefined) return { damaged: block };
    for (const { id, time, temp, seq } of readings) {
      const at = new Date(time);
      const isInstant = !Number.isNaN(at.getTime());
      archive.add({ id, time, utc: isInstant ? at.toISOString() : undefined, temp, seq });
      if (!isInstant) continue;
      fromMs = Math.min(fromMs, at.getTime());
      toMs = Math.max(toMs, at.getTime());
    }
    await nextTurn();
    signal.throwIfAborted();
  }
  const name = uploadName(upload, gateway);
  const files = archive.files().map(({ folder, csv, readings }) => ({
    readings,
    name: `${folder}/bulk_${name.replace('/', '_')}.csv`,
    content: Buffer.from(csv),
    contentType: 'text/csv',
  }));
  const bytes = files.reduce((sum, { content }) => sum + content.length, 0);
  const manifest = {
    gateway: deviceId,
    readings: upload.readings,
    ...period(fromMs, toMs),
    columns: ARCHIVE_COLUMNS,
    files: files.map(({ name: file, readings, content }) => ({
      name: file,
      readings,
      bytes: content.length,
      sha256: createHash('sha256').update(content).digest('hex'),
    })),
  };
  return { files, manifest: manifestBlob(name, manifest), fromMs, toMs, bytes };
}

function readingsOf(texts: readonly string[] | undefined) {
  try {
    return texts?.map((text) => Stored.parse(JSON.parse(text)));
  } catch {
    return undefined;
  }
}

/** First and last instant as a manifest and a message have them. */
export function period(fromMs: number, toMs: number): { from: string; to: string } {
  // No reading had a valid instant, which the contract does not allow: then nothing is known.
  if (fromMs > toMs) return period(0, 0);
  return { from: new Date(fromMs).toISOString(), to: new Date(toMs).toISOString() };
}

/**
 * What tells this upload from any other: numbers of readings are never given twice, and the blocks
 * between two of them only become fewer.
 */
export function uploadName({ firstNumber, lastNumber, readings }: Upload, gateway: string): string {
  return `${gateway}/${firstNumber}-${lastNumber}-${readings}`;
}

/** Outside of the folder that the cold path's jobs read. */
function manifestBlob(name: string, manifest: object): NewBlob {
  return {
    name: `uploads/${name}.json`,
    content: Buffer.from(`${JSON.stringify(manifest, null, 2)}\n`),
    contentType: 'application/json',
  };
}

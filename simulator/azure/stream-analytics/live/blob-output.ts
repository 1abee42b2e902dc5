/**
 * Writes rows as CSV blobs in folders that a column names.
 *
 * A blob is written whole each time it grows: one request, which can be repeated without harm, and
 * a reader never sees half a row. When it is large enough the next one begins.
 *
 * Invariants:
 * - every blob begins with the header;
 * - a blob is written by one start of the job only: after a restart new ones begin;
 * - rows of a folder keep their order.
 *
 * Source of the names, `{folder}/{schema hash}_{guid}_{number}.csv`: Stream Analytics, "Blob
 * storage output".
 */
import { createHash, randomUUID } from 'node:crypto';
import { BlobServiceClient, type ContainerClient } from '@azure/storage-blob';
import { blobFolder } from '../core/blob-path.ts';
import { csvHeader, csvLine } from '../core/csv.ts';
import { groupBy } from '../core/group-by.ts';
import type { SqlRecord } from '../core/values.ts';
import type { LiveOutput } from './live-output.ts';
import { inParallel, untilItWorks, type RetryContext } from './retry.ts';

/** A blob that has reached this size is left alone, bytes. */
const FULL_BLOB_BYTES = 512 * 1024;
/** All blobs that may still grow, together, bytes; beyond it the longest unused are left alone. */
const MAX_OPEN_BYTES = 32 * 1024 * 1024;
const PARALLEL_WRITES = 24;

/** What a blob output needs. */
export interface BlobOutputOptions {
  readonly connectionString: string;
  readonly container: string;
  readonly pathPattern: string;
}

interface OpenBlob {
  readonly name: string;
  readonly columns: string;
  content: Buffer;
}

/** Writes with Microsoft's client. */
export class BlobOutput implements LiveOutput {
  readonly #context: RetryContext;
  readonly #container: ContainerClient;
  readonly #folderOf: (row: SqlRecord) => string;
  readonly #guid = randomUUID().replaceAll('-', '');
  /** By folder, the longest unused first. */
  readonly #open = new Map<string, OpenBlob>();
  #openBytes = 0;
  #number = 0;
  #isContainerMade = false;

  /** @throws Error when the path pattern is not supported */
  constructor(options: BlobOutputOptions, context: RetryContext) {
    this.#context = context;
    this.#folderOf = blobFolder(options.pathPattern);
    const service = BlobServiceClient.fromConnectionString(options.connectionString, {
      retryOptions: { maxTries: 2, retryDelayInMs: 100, tryTimeoutInMs: 20_000 },
    });
    this.#container = service.getContainerClient(options.container);
  }

  async write(rows: readonly SqlRecord[]): Promise<void> {
    await this.#makeContainer();
    const folders = [...groupBy(rows, this.#folderOf)];
    await inParallel(folders, PARALLEL_WRITES, ([folder, own]) => this.#append(folder, own));
    this.#forgetLongestUnused();
  }

  async close(): Promise<void> {
    this.#open.clear();
  }

  async #makeContainer(): Promise<void> {
    if (this.#isContainerMade) return;
    await untilItWorks(
      () => this.#container.createIfNotExists({ abortSignal: this.#context.signal }),
      this.#context,
    );
    this.#isContainerMade = true;
  }

  async #append(folder: string, rows: readonly SqlRecord[]): Promise<void> {
    const columns = Object.keys(rows[0] ?? {});
    const blob = this.#openBlob(folder, columns);
    const lines = Buffer.from(rows.map((row) => csvLine(columns, row)).join(''));
    blob.content = Buffer.concat([blob.content, lines]);
    this.#openBytes += lines.length;
    const client = this.#container.getBlockBlobClient(blob.name);
    await untilItWorks(
      () =>
        client.upload(blob.content, blob.content.length, {
          abortSignal: this.#context.signal,
          blobHTTPHeaders: { blobContentType: 'text/csv; charset=utf-8' },
        }),
      this.#context,
    );
  }

  /** The blob to go on with, moved to the end of the line of those to forget. */
  #openBlob(folder: string, columns: readonly string[]): OpenBlob {
    const schema = columns.join(',');
    const open = this.#open.get(folder);
    if (open !== undefined) this.#forget(folder, open);
    const canGrow = open?.columns === schema && open.content.length < FULL_BLOB_BYTES;
    const blob = open !== undefined && canGrow ? open : this.#newBlob(folder, columns);
    this.#open.set(folder, blob);
    this.#openBytes += blob.content.length;
    return blob;
  }

  #newBlob(folder: string, columns: readonly string[]): OpenBlob {
    const schema = columns.join(',');
    const hash = createHash('sha256').update(schema).digest('hex').slice(0, 16);
    this.#number += 1;
    return {
      name: `${folder}/${hash}_${this.#guid}_${this.#number}.csv`,
      columns: schema,
      content: Buffer.from(csvHeader(columns)),
    };
  }

  #forget(folder: string, blob: OpenBlob): void {
    this.#open.delete(folder);
    this.#openBytes -= blob.content.length;
  }

  #forgetLongestUnused(): void {
    for (const [folder, blob] of this.#open) {
      if (this.#openBytes <= MAX_OPEN_BYTES) return;
      this.#forget(folder, blob);
    }
  }
}

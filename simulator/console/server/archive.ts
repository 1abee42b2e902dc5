import { BlobServiceClient, RestError } from '@azure/storage-blob';
import { storageConnectionString } from '../../wire/connection-strings.ts';
import { ControlError } from '../../wire/control-api.ts';
import type { Settings } from '../../wire/settings.ts';
import type { ArchiveFile, ArchiveFolder } from '../core/archive.ts';
import { parseCsv } from '../core/csv.ts';

const CONTAINER = 'archive';
const MAX_ENTRIES = 1_000;
const MAX_VIEW_BYTES = 256 * 1024;
const MAX_VIEW_ROWS = 500;

/** The readings in Blob Storage, as folders and files. */
export class Archive {
  readonly #container;

  constructor(settings: Settings) {
    const options = { retryOptions: { maxTries: 2, tryTimeoutInMs: 5_000 } };
    const service = BlobServiceClient.fromConnectionString(
      storageConnectionString(settings),
      options,
    );
    this.#container = service.getContainerClient(CONTAINER);
  }

  /** What a folder holds; `prefix` is empty for the top or ends with a slash. */
  async list(prefix: string): Promise<ArchiveFolder> {
    const folders: string[] = [];
    const files: ArchiveFolder['files'][number][] = [];
    try {
      for await (const item of this.#container.listBlobsByHierarchy('/', { prefix })) {
        if (item.kind === 'prefix') folders.push(item.name);
        else files.push({ path: item.name, bytes: item.properties.contentLength ?? 0 });
        if (folders.length + files.length >= MAX_ENTRIES) break;
      }
    } catch (error) {
      if (!isNotFound(error)) throw error;
    }
    return { prefix, folders, files };
  }

  /**
   * The first rows of a file.
   *
   * @throws ControlError 404 when there is no such file
   */
  async read(path: string): Promise<ArchiveFile> {
    if (hasDotSegments(path)) throw notInArchive();
    const blob = this.#container.getBlobClient(path);
    try {
      const { contentLength: bytes = 0 } = await blob.getProperties();
      const shown = Math.min(bytes, MAX_VIEW_BYTES);
      const text = shown === 0 ? '' : (await blob.downloadToBuffer(0, shown)).toString('utf8');
      const rows = parseCsv(text, MAX_VIEW_ROWS);
      return { path, bytes, rows, isComplete: shown === bytes && rows.length < MAX_VIEW_ROWS };
    } catch (error) {
      if (isNotFound(error)) throw notInArchive();
      throw error;
    }
  }
}

function isNotFound(error: unknown): boolean {
  return error instanceof RestError && error.statusCode === 404;
}

/** A URL would take them as a way out of the container. */
function hasDotSegments(path: string): boolean {
  return path.split(/[\\/]/).some((segment) => segment === '.' || segment === '..');
}

function notInArchive(): ControlError {
  return new ControlError(404, 'There is no such file in the archive.');
}

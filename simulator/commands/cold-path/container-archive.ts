import { DefaultAzureCredential } from '@azure/identity';
import { BlobServiceClient, ContainerClient, RestError } from '@azure/storage-blob';
import { isToRead, type Archive, type ArchiveFile } from './archive.ts';
import { ColdPathError, reasonOf } from './cold-path-error.ts';

const RETRIES = { retryOptions: { maxTries: 3, tryTimeoutInMs: 60_000 } };

/** The CSV blobs of a container that a connection string leads to. */
export function containerArchive(connectionString: string, container: string): Archive {
  const service = serviceOf(connectionString);
  return archiveOf(service.getContainerClient(container), '');
}

/**
 * The CSV blobs at `https://<account>.blob.core.windows.net/<container>[/<folder>][?<SAS>]`; without
 * a shared access signature one signs in with Microsoft Entra ID.
 *
 * @throws ColdPathError `USAGE` when the address names no container
 */
export function addressedArchive(address: string): Archive {
  const url = new URL(address);
  const [container, ...folders] = url.pathname.split('/').filter((part) => part !== '');
  if (container === undefined) {
    throw new ColdPathError('USAGE', `--from ${url.origin} names no container: add /archive.`);
  }
  const hasSignature = url.searchParams.has('sig');
  const target = `${url.origin}/${container}${hasSignature ? url.search : ''}`;
  const client = hasSignature
    ? new ContainerClient(target, undefined, RETRIES)
    : new ContainerClient(target, new DefaultAzureCredential(), RETRIES);
  const prefix = folders.map((folder) => `${decodeURIComponent(folder)}/`).join('');
  return archiveOf(client, prefix);
}

function serviceOf(connectionString: string): BlobServiceClient {
  try {
    return BlobServiceClient.fromConnectionString(connectionString, RETRIES);
  } catch (error) {
    throw new ColdPathError('USAGE', `The connection string is not usable: ${reasonOf(error)}`);
  }
}

function archiveOf(client: ContainerClient, prefix: string): Archive {
  const name = `${client.url.split('?')[0]}/${prefix}`;
  return {
    name,
    list: async () => {
      try {
        return await csvBlobs(client, prefix);
      } catch (error) {
        throw new ColdPathError('ARCHIVE', unreadable(name, error), error);
      }
    },
    // With the size from the listing the client need not ask for it; a blob that has grown since
    // is read up to there, and the rest comes with the next run.
    read: ({ name: blob, sizeBytes }) =>
      client.getBlobClient(prefix + blob).downloadToBuffer(0, sizeBytes),
  };
}

async function csvBlobs(client: ContainerClient, prefix: string): Promise<ArchiveFile[]> {
  const files: ArchiveFile[] = [];
  for await (const { name, properties } of client.listBlobsFlat({ prefix })) {
    const sizeBytes = properties.contentLength ?? 0;
    if (!isToRead(name, sizeBytes)) continue;
    files.push({
      name: name.slice(prefix.length),
      sizeBytes,
      modifiedMs: properties.lastModified.getTime(),
    });
  }
  return files.toSorted((one, other) => (one.name < other.name ? -1 : 1));
}

function unreadable(name: string, error: unknown): string {
  if (error instanceof RestError && error.statusCode === 404) return `There is no ${name}.`;
  if (error instanceof RestError && error.statusCode === 403) {
    return `${name} may not be read: it takes the role Storage Blob Data Reader.`;
  }
  return `${name} cannot be read: ${reasonOf(error)}`;
}

/** Which container the bulk path goes to, and how one gets in: from the environment, never from the twin. */
import { readFileSync } from 'node:fs';
import { BulkError } from './blob-container.ts';

/** What the environment says of the bulk path. */
export interface BulkAccess {
  /** File with the address of a container, or a folder in it, and its shared access signature. */
  readonly sasFile?: string | undefined;
  /** The address alone, for signing in with Microsoft Entra ID. */
  readonly containerUrl?: string | undefined;
}

/** A container, taken apart. */
export interface ContainerPlace {
  /** Of the container, without signature. */
  readonly url: string;
  /** What all blobs' names begin with: empty, or ends with a slash. */
  readonly prefix: string;
  /** The shared access signature as a query; a secret. Undefined: sign in with Entra ID. */
  readonly signature: string | undefined;
  /** When the signature ends, epoch milliseconds, if it says. */
  readonly expiresMs: number | undefined;
}

const EXPECTED = 'https://ACCOUNT.blob.core.windows.net/CONTAINER';

/**
 * Finds the container; the file is read anew each time, so that a signature can be replaced.
 *
 * @throws BulkError `NO_ACCESS`
 */
export function containerPlace({ sasFile, containerUrl }: BulkAccess): ContainerPlace {
  if (sasFile !== undefined) {
    const place = placeOf(readSasFile(sasFile), `The file ${sasFile} (BULK_SAS_FILE)`);
    if (place.signature !== undefined) return place;
    throw noAccess(`The file ${sasFile} (BULK_SAS_FILE) has an address without signature.`);
  }
  if (containerUrl !== undefined) {
    const place = placeOf(containerUrl, 'BULK_CONTAINER_URL');
    if (place.signature === undefined) return place;
    throw noAccess('BULK_CONTAINER_URL has a signature: put it into a file for BULK_SAS_FILE.');
  }
  throw noAccess('Neither BULK_SAS_FILE nor BULK_CONTAINER_URL is in the module’s environment.');
}

function readSasFile(path: string): string {
  try {
    return readFileSync(path, 'utf8').trim();
  } catch (error) {
    const reason = error instanceof Error && 'code' in error ? String(error.code) : 'unreadable';
    throw noAccess(`The file ${path} (BULK_SAS_FILE) cannot be read (${reason}).`);
  }
}

function placeOf(text: string, where: string): ContainerPlace {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  const [container, ...folders] = url === undefined ? [] : pathOf(url);
  const isHttp = url !== undefined && /^https?:$/.test(url.protocol);
  if (!isHttp || container === undefined || !isDecodable(folders)) {
    throw noAccess(`${where} is no address such as ${EXPECTED}[?SIGNATURE].`);
  }
  const expiry = Date.parse(url.searchParams.get('se') ?? '');
  return {
    url: `${url.origin}/${container}`,
    prefix: folders.map((folder) => `${decodeURIComponent(folder)}/`).join(''),
    signature: url.searchParams.has('sig') ? url.search : undefined,
    expiresMs: Number.isNaN(expiry) ? undefined : expiry,
  };
}

/** Whether every percent sign begins an escape: an address that cannot be decoded stops no module. */
function isDecodable(folders: readonly string[]): boolean {
  try {
    folders.forEach((folder) => decodeURIComponent(folder));
    return true;
  } catch {
    return false;
  }
}

/** Container and folders. An emulator at an IP address has the account's name before them. */
function pathOf({ hostname, pathname }: URL): string[] {
  const parts = pathname.split('/').filter((part) => part !== '');
  const hasAccount = hostname === 'localhost' || /^[\d.]+$|^\[/.test(hostname);
  if (!hasAccount) return parts;
  const [account, container, ...folders] = parts;
  return container === undefined ? [] : [`${account}/${container}`, ...folders];
}

function noAccess(problem: string): BulkError {
  return new BulkError('NO_ACCESS', problem);
}

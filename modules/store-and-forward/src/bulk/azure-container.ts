/**
 * A container of Azure Blob Storage, with Microsoft's own client.
 *
 * Loaded only when something is uploaded: a file of its own in the image, because the clients are
 * larger than everything else in it.
 */
import { DefaultAzureCredential } from '@azure/identity';
import { ContainerClient, RestError } from '@azure/storage-blob';
import {
  BulkError,
  type BlobContainer,
  type BulkErrorCode,
  type NewBlob,
} from './blob-container.ts';
import type { ContainerPlace } from './container-place.ts';

/** Whoever calls tries again, with longer pauses. */
const CLIENT_OPTIONS = { retryOptions: { maxTries: 2, tryTimeoutInMs: 120_000 } };
/** Further off, the gateway's clock is worth mentioning. */
const WORTH_MENTIONING_MS = 60_000;

/** Opens a container; nothing is asked of the service yet. */
export function azureContainer(place: ContainerPlace): BlobContainer {
  const { url, prefix, signature } = place;
  const client =
    signature === undefined
      ? new ContainerClient(url, new DefaultAzureCredential(), CLIENT_OPTIONS)
      : new ContainerClient(`${url}${signature}`, undefined, CLIENT_OPTIONS);
  const address = `${url}/${prefix}`.replace(/\/$/, '');
  return {
    address,
    put: async ({ name, content, contentType }: NewBlob, signal) => {
      try {
        await client.getBlockBlobClient(prefix + name).upload(content, content.length, {
          // One request makes the whole blob; a second never changes it.
          conditions: { ifNoneMatch: '*' },
          blobHTTPHeaders: { blobContentType: contentType },
          abortSignal: signal,
        });
        return 'stored';
      } catch (error) {
        if (error instanceof RestError && error.code === 'BlobAlreadyExists') return 'exists';
        throw explained(error, address, place);
      }
    },
  };
}

/** Never with the client's own text for a request: its address has the signature. */
function explained(error: unknown, address: string, place: ContainerPlace): BulkError {
  if (!(error instanceof RestError)) return new BulkError('FAILED', credentialProblem(error));
  const { statusCode, code = 'no code' } = error;
  if (statusCode === undefined) {
    return new BulkError('UNREACHABLE', `${address} does not answer (${code}).`);
  }
  const answer = `${address} answered ${statusCode} ${code}`;
  if (code === 'ContainerNotFound') {
    return new BulkError('NO_CONTAINER', `${answer}: make the container, or correct the address.`);
  }
  const kind: BulkErrorCode = statusCode === 401 || statusCode === 403 ? 'REFUSED' : 'FAILED';
  if (kind === 'FAILED') return new BulkError(kind, `${answer}.`);
  return new BulkError(kind, `${answer}: ${refusal(place)}${clockProblem(error)}.`);
}

function refusal({ signature, expiresMs }: ContainerPlace): string {
  if (signature === undefined) {
    return 'the identity needs the role Storage Blob Data Contributor on the container';
  }
  const expiry = expiresMs === undefined ? '' : `; this one ends at ${instantOf(expiresMs)}`;
  return `the signature is not valid, or does not allow to create and write blobs (sp=cw)${expiry}`;
}

function instantOf(atMs: number): string {
  return new Date(atMs).toISOString();
}

/** Tokens and signatures are for a time, so a clock that is wrong is worth mentioning. */
function clockProblem({ response }: RestError): string {
  const serviceMs = Date.parse(response?.headers.get('date') ?? '');
  const aheadMs = Date.now() - serviceMs;
  if (Number.isNaN(aheadMs) || Math.abs(aheadMs) < WORTH_MENTIONING_MS) return '';
  const direction = aheadMs > 0 ? 'ahead of' : 'behind';
  return `; the gateway’s clock is ${Math.round(Math.abs(aheadMs) / 1_000)} s ${direction} the service’s`;
}

/** What @azure/identity could not do; its first line says which credentials are missing. */
function credentialProblem(error: unknown): string {
  const text = error instanceof Error ? error.message : String(error);
  return (text.split('\n')[0] ?? text).replaceAll(/sig=[^&\s]+/g, 'sig=…');
}

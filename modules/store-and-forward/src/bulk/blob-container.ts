/** Where blobs can be put, as far as the bulk path needs it. */
import { CodedError } from '../../../shared/src/coded-error.ts';

/** Why a blob could not be put; stable. */
export type BulkErrorCode =
  /** Neither address nor signature, or not readable, or not what they must be. */
  | 'NO_ACCESS'
  /** The service does not let this gateway in. */
  | 'REFUSED'
  /** There is no such container. */
  | 'NO_CONTAINER'
  /** No answer from the service. */
  | 'UNREACHABLE'
  /** The service answered something else. */
  | 'FAILED';

/** A blob that could not be put; the message names the remedy, and never a signature. */
export class BulkError extends CodedError<BulkErrorCode> {
  override readonly name = 'BulkError';
}

/** Also of the class as the other file in the image has it. */
export function isBulkError(error: unknown): error is BulkError {
  return error instanceof Error && error.name === 'BulkError' && 'code' in error;
}

/** A blob as a whole. */
export interface NewBlob {
  readonly name: string;
  readonly content: Buffer;
  readonly contentType: string;
}

/** A container that one may add blobs to. */
export interface BlobContainer {
  /** Address without signature. */
  readonly address: string;
  /**
   * Puts a blob, whole or not at all; one that is there already stays as it is.
   *
   * @throws BulkError
   */
  put(blob: NewBlob, signal: AbortSignal): Promise<'stored' | 'exists'>;
}

/** Opens the container that the environment names, anew each time: signatures are replaced. */
export type OpenContainer = () => Promise<BlobContainer>;

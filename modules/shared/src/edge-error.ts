import { CodedError } from './coded-error.ts';

/** What can go wrong between a module and the machine around it. */
export type EdgeErrorCode =
  /** No connection to edgeHub at the moment; the caller keeps its message and tries again. */
  | 'NOT_CONNECTED'
  /** The installed SDK or mqtt version acknowledges by itself; the module must not run. */
  | 'ACKNOWLEDGEMENT_HOOK'
  /** An environment variable is missing or malformed. */
  | 'ENVIRONMENT'
  /** Another process has the database open. */
  | 'DATABASE_IN_USE'
  /** There is no room for the database, or it may not be written; that may change. */
  | 'DATABASE_UNAVAILABLE'
  /** A later version of the program wrote the database; it is left as it is. */
  | 'DATABASE_NEWER'
  /** SQLite cannot read the database file. */
  | 'DATABASE_DAMAGED'
  /** SQLite can, but what a row holds is nothing that the module wrote. */
  | 'STORED_NONSENSE'
  /** A fault of the module that one message brings out; it tries that one again by itself. */
  | 'MESSAGE_NOT_TAKEN';

/** A fault that crosses a boundary. */
export class EdgeError extends CodedError<EdgeErrorCode> {
  override readonly name = 'EdgeError';
}

/** The message of anything that was thrown. */
export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

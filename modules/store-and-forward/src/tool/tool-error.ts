import { CodedError } from '../../../shared/src/coded-error.ts';

/** What the tool cannot do, and why; stable. */
export type ToolErrorCode =
  /** The command line is not understood. */
  | 'USAGE'
  /** There is no such file, or it may not be read. */
  | 'NO_FILE'
  /** The file is no SQLite database, or not this module's. */
  | 'NOT_THIS_STORE'
  /** An earlier or later version of the module wrote it. */
  | 'VERSION'
  /** A running module has it open. */
  | 'IN_USE'
  /** SQLite cannot read it, or a part of it. */
  | 'DAMAGED'
  /** The result cannot be written. */
  | 'OUTPUT';

/** Ends a command; the message names place and remedy, and holds no secret. */
export class ToolError extends CodedError<ToolErrorCode> {
  override readonly name = 'ToolError';
}

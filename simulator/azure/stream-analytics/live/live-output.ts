import type { SqlRecord } from '../core/values.ts';

/** Where the rows of one output go. */
export interface LiveOutput {
  /** Resolves when the other side has acknowledged all rows; it retries until then. */
  write(rows: readonly SqlRecord[]): Promise<void>;
  close(): Promise<void>;
}

import type { SqlError } from '../core/sql-error.ts';
import type { SqlType, SqlValue } from '../core/types.ts';

/** A result's column; a column without a name has an empty one. */
export interface ResultColumn {
  readonly name: string;
  readonly type: SqlType;
}

/** What running a batch gives, in order. */
export type SqlEvent =
  | { readonly kind: 'columns'; readonly columns: readonly ResultColumn[] }
  | {
      readonly kind: 'rows';
      readonly columns: readonly ResultColumn[];
      readonly rows: readonly (readonly SqlValue[])[];
    }
  /** A statement has ended; no count when there is none to tell. */
  | { readonly kind: 'done'; readonly rowCount: number | undefined }
  | { readonly kind: 'info'; readonly number: number; readonly message: string }
  | { readonly kind: 'error'; readonly error: SqlError }
  | { readonly kind: 'transaction'; readonly state: 'begun' | 'committed' | 'rolledBack' };

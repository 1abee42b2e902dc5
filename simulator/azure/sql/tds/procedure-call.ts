/** The stored procedures that clients run their statements with. */
import type { SqlType, SqlValue } from '../core/types.ts';
import { notSupported } from '../core/sql-error.ts';

/** A call with its parameters. */
export interface ProcedureCall {
  /** In small letters. */
  readonly procedure: string;
  readonly parameters: readonly {
    /** With `@`, or empty. */
    readonly name: string;
    readonly isOutput: boolean;
    readonly type: SqlType;
    readonly value: SqlValue;
  }[];
}

/** Numbers that stand for names. [MS-TDS] 2.2.6.6 */
const PROCEDURES: Readonly<Record<number, string>> = {
  10: 'sp_executesql',
  11: 'sp_prepare',
  12: 'sp_execute',
  13: 'sp_prepexec',
  15: 'sp_unprepare',
};

/** @throws SqlError for the cursors */
export function procedureNamed(id: number): string {
  const name = PROCEDURES[id];
  if (name === undefined) throw notSupported(`procedure number ${id}`);
  return name;
}

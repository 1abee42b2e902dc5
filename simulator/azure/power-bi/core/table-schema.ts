/** Columns of a push table, and whether a row fits them. */
import { PUSH_LIMITS } from './limits.ts';

/** Types of columns that the push API knows. */
export const COLUMN_TYPES = [
  'Int64',
  'Double',
  'Boolean',
  'DateTime',
  'String',
  'Decimal',
] as const;
export type ColumnType = (typeof COLUMN_TYPES)[number];

/** One column of a table. */
export interface Column {
  readonly name: string;
  readonly dataType: ColumnType;
}

/** A table as a request describes it. */
export interface TableSchema {
  readonly name: string;
  readonly columns: readonly Column[];
}

/** A row as JSON has it. */
export type PushRow = Readonly<Record<string, unknown>>;

/** What is wrong with a table's columns; undefined when nothing is. */
export function schemaFault({ name, columns }: TableSchema): string | undefined {
  const limit = PUSH_LIMITS.columnsPerTable;
  if (columns.length > limit) return `table ${name} has ${columns.length} columns, over ${limit}`;
  const names = new Set(columns.map((column) => column.name));
  return names.size < columns.length ? `table ${name} has two columns of one name` : undefined;
}

/** What is wrong with a row; undefined when nothing is. A column that it lacks is empty. */
export function rowFault({ name, columns }: TableSchema, row: PushRow): string | undefined {
  const known = new Map(columns.map((column) => [column.name, column.dataType]));
  for (const [column, value] of Object.entries(row)) {
    const type = known.get(column);
    if (type === undefined) return `table ${name} has no column ${column}`;
    const fault = value === null ? undefined : valueFault(type, value);
    if (fault !== undefined) return `column ${column}: ${fault}`;
  }
  return undefined;
}

function valueFault(type: ColumnType, value: unknown): string | undefined {
  const { charactersPerString: most } = PUSH_LIMITS;
  if (type === 'String' && typeof value === 'string' && value.length > most) {
    return `a text of ${value.length} characters is over ${most}`;
  }
  return FITS[type](value) ? undefined : `this is no ${type}`;
}

const FITS: Readonly<Record<ColumnType, (value: unknown) => boolean>> = {
  Int64: (value) => Number.isInteger(value),
  Double: (value) => typeof value === 'number',
  Decimal: (value) => typeof value === 'number',
  Boolean: (value) => typeof value === 'boolean',
  String: (value) => typeof value === 'string',
  DateTime: (value) => typeof value === 'string' && INSTANT.test(value),
};

const INSTANT = /^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2}(\.\d{1,7})?)?(Z|[+-]\d{2}:\d{2})?$/;

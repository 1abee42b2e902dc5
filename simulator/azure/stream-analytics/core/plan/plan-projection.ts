/** The SELECT list: names and values of the columns. */
import type { Expression, Select } from '../language/ast.ts';
import { QueryError } from '../query-error.ts';
import type { Row } from '../row.ts';
import type { SqlRecord, Value } from '../values.ts';
import { compileExpression } from './compile-expression.ts';
import { metadataColumns, type Evaluate, type Relation, type Scope } from './scope.ts';

/** What a SELECT list makes of a row, and what a later step sees of it. */
export interface Projection {
  readonly columnsOf: (row: Row) => SqlRecord;
  readonly relation: Relation;
}

interface ProjectionContext {
  readonly scope: Scope;
  readonly relation: Relation;
}

interface Column {
  readonly name: string;
  readonly read: Evaluate;
  /** Canonical text of what it shows. */
  readonly text: string;
}

/** @throws QueryError for a column without a name, or two with the same */
export function planProjection(
  name: string,
  select: Select,
  { scope, relation }: ProjectionContext,
): Projection {
  const columns: Column[] = [];
  let hasStar = false;
  for (const item of select.items) {
    if (item.kind === 'star') {
      hasStar = true;
      continue;
    }
    const { expression, alias } = item;
    const column = columnName(expression, alias);
    if (columns.some((other) => other.name.toLowerCase() === column.toLowerCase())) {
      throw new QueryError(expression.at, `there are two columns ${column}`);
    }
    const read = compileExpression(expression, scope);
    columns.push({ name: column, read, text: scope.textOf(expression) });
  }
  return {
    columnsOf: hasStar ? withStar(columns, relation.isInput) : plainColumns(columns),
    relation: {
      names: [name.toLowerCase()],
      isInput: false,
      columns: columnNames(columns, hasStar, relation),
      substreamKeys: relation.substreamKeys && keptKeys(relation.substreamKeys, columns, hasStar),
    },
  };
}

function columnName(expression: Expression, alias: string | undefined): string {
  if (alias !== undefined) return alias;
  const last = expression.kind === 'column' ? expression.path.at(-1) : undefined;
  if (last === undefined)
    throw new QueryError(expression.at, 'this column needs a name: … AS name');
  return last;
}

function plainColumns(columns: readonly Column[]): (row: Row) => SqlRecord {
  return (row) => {
    const made: Record<string, Value> = Object.create(null);
    for (const { name, read } of columns) made[name] = read(row);
    return made;
  };
}

/** `*` stands for the columns of the source; a column named beside it wins over one of them. */
function withStar(columns: readonly Column[], isInput: boolean): (row: Row) => SqlRecord {
  const named = plainColumns(columns);
  return (row) => {
    const made: Record<string, Value> = Object.create(null);
    for (const [name, value] of Object.entries(row.columns)) made[name] = value;
    for (const [name, value] of isInput ? metadataColumns(row) : []) made[name] = value;
    return Object.assign(made, named(row));
  };
}

function columnNames(
  columns: readonly Column[],
  hasStar: boolean,
  relation: Relation,
): readonly string[] | undefined {
  const names = columns.map(({ name }) => name);
  if (!hasStar) return names;
  return relation.columns && [...new Set([...relation.columns, ...names])];
}

/** The keys of the timelines under their new names; `undefined` when one is gone. */
function keptKeys(
  keys: readonly string[],
  columns: readonly Column[],
  hasStar: boolean,
): readonly string[] | undefined {
  const kept = keys.map((key) => {
    const column = columns.find(({ text }) => text === key);
    if (column !== undefined) return `[${column.name.toLowerCase()}]`;
    return hasStar ? key : undefined;
  });
  return kept.every((key) => key !== undefined) ? kept : undefined;
}

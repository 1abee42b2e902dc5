/** SELECT. */
import type { Query } from '../core/language/ast.ts';
import { DuckPrinter, NAMELESS } from '../core/duckdb/print-query.ts';
import type { DuckSession, TypedValue } from './duck-database.ts';
import type { SchemaView } from './schema-view.ts';
import type { Scope } from './scope.ts';
import type { SqlEvent } from './sql-event.ts';

/** What a query gave. */
export interface QueryResult {
  readonly rowCount: number;
  /** The result as its client sees it; nothing for `SELECT @a = …`. */
  readonly events: readonly SqlEvent[];
  /** Values for variables. */
  readonly assigned: readonly { readonly name: string; readonly value: TypedValue }[];
}

/** @throws SqlError 229 when a table may not be read */
export async function runQuery(
  duck: DuckSession,
  query: Query,
  scope: Scope,
  schema: SchemaView,
): Promise<QueryResult> {
  const printer = new DuckPrinter();
  const sql = printer.query(query);
  await schema.requireReads(printer);
  const { columns, rows } = await duck.run(sql, scope.parameters(printer));
  const items = query.body.kind === 'select' ? query.body.items : [];
  const names = items.flatMap((item) => (item.kind === 'assign' ? [item.variable] : []));
  const rowCount = rows.length;
  if (names.length > 0) {
    const last = rows.at(-1);
    const assigned = (last === undefined ? [] : names).map((name, index) => ({
      name,
      value: { type: columns[index]?.type ?? { name: 'int' }, value: last?.[index] ?? null },
    }));
    return { rowCount, events: [], assigned };
  }
  const named = columns.map(({ name, type }) => ({ name: name === NAMELESS ? '' : name, type }));
  const events: SqlEvent[] = [
    { kind: 'columns', columns: named },
    { kind: 'rows', columns: named, rows },
  ];
  return { rowCount, events, assigned: [] };
}

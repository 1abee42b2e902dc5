/** The schema as one session sees it: its tables, and what its principal may do with them. */
import type { ObjectName, Permission } from '../core/language/ast.ts';
import type { DuckPrinter } from '../core/duckdb/print-query.ts';
import type { DuckSession } from './duck-database.ts';
import { selectColumns, tableInfo, type InsertTarget } from './insert.ts';
import { mayDo, permissionDenied, type Principal } from './principals.ts';
import type { SchemaCache } from './schema-cache.ts';

/** What a view is made of. */
export interface SchemaViewContext {
  readonly duck: DuckSession;
  readonly cache: SchemaCache;
  readonly principal: Principal;
  /** Within a transaction the schema may be one that nobody else sees. */
  readonly isInTransaction: () => boolean;
}

export class SchemaView {
  readonly #context: SchemaViewContext;

  constructor(context: SchemaViewContext) {
    this.#context = context;
  }

  /**
   * A table to write, with the columns that a statement names; all of them when it names none.
   *
   * @throws SqlError 208 when there is no such table, 207 for a column it does not have
   */
  async target(table: ObjectName, names: readonly string[]): Promise<InsertTarget> {
    const { duck } = this.#context;
    const info = await this.#known(`table ${table.join('.')}`, () => tableInfo(duck, table));
    return selectColumns(info, names);
  }

  /** @throws SqlError 229 when the principal may not do it */
  async require(permission: Permission, object: ObjectName): Promise<void> {
    const { duck, principal } = this.#context;
    if (principal.isOwner) return;
    const key = `${permission} ${object.join('.')} ${principal.name}`;
    const may = await this.#known(key, () => mayDo(duck, principal, permission, object));
    if (!may) throw permissionDenied(permission, object);
  }

  /** @throws SqlError 229 when a table that was printed may not be read */
  async requireReads({ tables }: DuckPrinter): Promise<void> {
    for (const table of tables) await this.require('SELECT', table);
  }

  #known<T>(key: string, ask: () => Promise<T>): Promise<T> {
    const { cache, isInTransaction } = this.#context;
    return isInTransaction() ? ask() : cache.get(key.toLowerCase(), ask);
  }
}

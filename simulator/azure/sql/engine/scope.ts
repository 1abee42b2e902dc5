/** Variables and expressions of one batch. */
import type { Expression } from '../core/language/ast.ts';
import { DuckPrinter } from '../core/duckdb/print-query.ts';
import { undeclaredVariable } from '../core/sql-error.ts';
import { duckType, plainText, type SqlType, type SqlValue } from '../core/types.ts';
import type { DuckSession, TypedValue } from './duck-database.ts';

/** Parameters and declared variables by name in small letters, `@` included. */
export type Variables = Map<string, TypedValue>;

/** What a scope asks of its session. */
export interface ScopeOwner {
  /** What `@@ROWCOUNT` and its like say now. */
  systemVariables(): Readonly<Record<string, TypedValue>>;
  /** @throws SqlError 229 when a table that was printed may not be read */
  requireReads(printer: DuckPrinter): Promise<void>;
}

/** Evaluates expressions, and keeps variables in the type they were declared with. */
export class Scope {
  readonly #duck: DuckSession;
  readonly #variables: Variables;
  readonly #owner: ScopeOwner;

  constructor(duck: DuckSession, variables: Variables, owner: ScopeOwner) {
    this.#duck = duck;
    this.#variables = variables;
    this.#owner = owner;
  }

  async declare(name: string, type: SqlType, value: Expression | undefined): Promise<void> {
    this.#variables.set(name.toLowerCase(), { type, value: null });
    if (value !== undefined) await this.assign(name, await this.value(value));
  }

  /** @throws SqlError 137 when nobody declared it, 245 and its like when the value does not fit */
  async assign(name: string, value: TypedValue): Promise<void> {
    const variable = this.#variables.get(name.toLowerCase());
    if (variable === undefined) throw undeclaredVariable(name);
    const { type } = variable;
    const cast = `SELECT CAST($p0 AS ${duckType(type)})`;
    const { rows } = await this.#duck.run(cast, [value]);
    this.#variables.set(name.toLowerCase(), { type, value: rows[0]?.[0] ?? null });
  }

  async value(expression: Expression): Promise<TypedValue> {
    const printer = new DuckPrinter();
    const sql = `SELECT ${printer.expression(expression)} AS value`;
    await this.#owner.requireReads(printer);
    const { columns, rows } = await this.#duck.run(sql, this.parameters(printer));
    const type: SqlType = columns[0]?.type ?? { name: 'int' };
    return { type, value: rows[0]?.[0] ?? null };
  }

  async text(expression: Expression): Promise<string> {
    return plainText((await this.value(expression)).value);
  }

  /** Whether a condition holds; NULL does not. */
  async holds(condition: Expression): Promise<boolean> {
    const printer = new DuckPrinter();
    const sql = `SELECT CASE WHEN ${printer.expression(condition)} THEN 1 ELSE 0 END`;
    await this.#owner.requireReads(printer);
    const { rows } = await this.#duck.run(sql, this.parameters(printer));
    return rows[0]?.[0] === 1;
  }

  /** Values of the variables that a printer met, in its order. */
  parameters({ variables }: DuckPrinter): readonly TypedValue[] {
    const system = this.#owner.systemVariables();
    return variables.map((name) => {
      const found = Object.hasOwn(system, name) ? system[name] : this.#variables.get(name);
      if (found === undefined) throw undeclaredVariable(name);
      return found;
    });
  }
}

/** A row's values for `SELECT @a = …`. */
export function typed(value: SqlValue | undefined, type: SqlType): TypedValue {
  return { type, value: value ?? null };
}

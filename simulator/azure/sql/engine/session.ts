/** One client's session: runs its batches statement by statement. */
import type { Query, Statement, TransactionAction } from '../core/language/ast.ts';
import { parseBatch } from '../core/language/parse-batch.ts';
import { DuckPrinter } from '../core/duckdb/print-query.ts';
import { SqlError } from '../core/sql-error.ts';
import type { SqlType } from '../core/types.ts';
import { define } from './define.ts';
import { endsOnlyItsStatement, translateError } from './duck-errors.ts';
import type { DuckSession, TypedValue } from './duck-database.ts';
import { insertBulk, type BulkRows } from './insert.ts';
import { administer, requireOwner, type Principal } from './principals.ts';
import { Scope, typed, type Variables } from './scope.ts';
import { runQuery } from './query.ts';
import type { SchemaCache } from './schema-cache.ts';
import { SchemaView } from './schema-view.ts';
import { requireKnownOption } from './set-options.ts';
import type { SqlEvent } from './sql-event.ts';
import { Transaction } from './transaction.ts';
import type { WriteLock } from './write-lock.ts';
import {
  givenRows,
  namedColumns,
  namingTable,
  permissionsOf,
  printWrite,
  type WriteStatement,
} from './write.ts';

/** What a session works on. */
export interface SessionContext {
  readonly duck: DuckSession;
  readonly lock: WriteLock;
  readonly cache: SchemaCache;
  readonly principal: Principal;
}

/** What a batch runs with. */
interface Run {
  readonly scope: Scope;
  readonly signal: AbortSignal;
}

type Events = AsyncGenerator<SqlEvent>;
type Loud = Extract<
  Statement,
  {
    kind:
      | 'select'
      | 'insert'
      | 'update'
      | 'delete'
      | 'merge'
      | 'if'
      | 'block'
      | 'transaction'
      | 'print';
  }
>;

const VERSION = 'Microsoft SQL Azure, played on this machine';
const INT: SqlType = { name: 'int' };
const TEXT: SqlType = { name: 'nvarchar', length: 300 };
const DUPLICATES_IGNORED = 3604;

/** Takes one batch or request at a time. */
export class SqlSession {
  readonly #duck: DuckSession;
  readonly #principal: Principal;
  readonly #transaction: Transaction;
  readonly #schema: SchemaView;
  readonly #cache: SchemaCache;
  #rowCount = 0;
  #countsRows = true;
  #announced: Extract<Statement, { kind: 'bulkInsert' }> | undefined;

  constructor({ duck, lock, cache, principal }: SessionContext) {
    this.#duck = duck;
    this.#principal = principal;
    this.#cache = cache;
    this.#transaction = new Transaction(duck, lock, () => cache.forget());
    const isInTransaction = () => this.#transaction.depth > 0;
    this.#schema = new SchemaView({ duck, cache, principal, isInTransaction });
  }

  /** Runs a batch; errors are events, and the events end when the batch does. */
  async *run(batch: string, variables: Variables, signal: AbortSignal): Events {
    const interrupt = () => this.#duck.interrupt();
    signal.addEventListener('abort', interrupt);
    try {
      const scope = new Scope(this.#duck, variables, {
        systemVariables: () => this.#systemVariables(),
        requireReads: (printer) => this.#schema.requireReads(printer),
      });
      yield* this.#all(parseBatch(batch), { scope, signal });
    } catch (error) {
      yield* this.#failed(error);
    } finally {
      signal.removeEventListener('abort', interrupt);
    }
  }

  /** Loads the rows that the last INSERT BULK announced. */
  async *load(bulk: BulkRows, signal: AbortSignal): Events {
    const announced = this.#announced;
    this.#announced = undefined;
    try {
      if (announced === undefined) {
        throw new SqlError(4002, 'A bulk load came without the INSERT BULK that announces it.');
      }
      const { table, line } = announced;
      const names = bulk.columns.map(({ name }) => name);
      const target = await this.#schema.target(table, names);
      await this.#schema.require('INSERT', table);
      const changed = await namingTable(target, line, () =>
        this.#transaction.writing(() => insertBulk(this.#duck, target, bulk), signal),
      );
      yield* this.#changed(changed, bulk.rows.length);
    } catch (error) {
      yield* this.#failed(error);
    }
  }

  /** What a client's transaction request and the statements of the same name do. */
  async *changeTransaction(action: TransactionAction, signal: AbortSignal): Events {
    try {
      yield* this.#changeTransaction(action, signal);
    } catch (error) {
      yield* this.#failed(error);
    }
  }

  /** Forgets what the client set, and rolls back what is open. */
  async reset(): Promise<void> {
    if (this.#transaction.depth > 0) await this.#transaction.rollback();
    this.#countsRows = true;
    this.#announced = undefined;
  }

  async close(): Promise<void> {
    await this.reset().catch(() => undefined);
    this.#duck.close();
  }

  async *#changeTransaction(action: TransactionAction, signal: AbortSignal): Events {
    switch (action) {
      case 'begin':
        if (await this.#transaction.begin(signal)) yield { kind: 'transaction', state: 'begun' };
        break;
      case 'commit':
        if (await this.#transaction.commit()) yield { kind: 'transaction', state: 'committed' };
        break;
      case 'rollback':
        await this.#transaction.rollback();
        yield { kind: 'transaction', state: 'rolledBack' };
    }
    yield this.#done(undefined);
  }

  /** Every error ends the transaction, as SET XACT_ABORT ON has it. */
  async *#failed(error: unknown): Events {
    yield { kind: 'error', error: translateError(error, { line: 1 }) };
    if (this.#transaction.depth > 0) {
      await this.#transaction.rollback().catch(() => undefined);
      yield { kind: 'transaction', state: 'rolledBack' };
    }
    yield { kind: 'done', rowCount: undefined };
  }

  async *#all(statements: readonly Statement[], run: Run): Events {
    for (const statement of statements) {
      run.signal.throwIfAborted();
      try {
        yield* this.#statement(statement, run);
      } catch (error) {
        const sqlError = translateError(error, { line: statement.line });
        if (!endsOnlyItsStatement(sqlError) || this.#transaction.depth > 0) throw sqlError;
        yield { kind: 'error', error: sqlError };
        yield { kind: 'done', rowCount: undefined };
      }
    }
  }

  async *#statement(statement: Statement, run: Run): Events {
    switch (statement.kind) {
      case 'select':
        return yield* this.#select(statement.query, run);
      case 'insert':
      case 'update':
      case 'delete':
      case 'merge':
        return yield* this.#write(statement, run);
      case 'if': {
        const holds = await run.scope.holds(statement.condition);
        return yield* this.#all(holds ? statement.whenTrue : statement.whenFalse, run);
      }
      case 'block':
        return yield* this.#all(statement.statements, run);
      case 'transaction':
        return yield* this.#changeTransaction(statement.action, run.signal);
      case 'print':
        return yield { kind: 'info', number: 0, message: await run.scope.text(statement.message) };
      default:
        await this.#quietly(statement, run);
        yield this.#done(undefined);
    }
  }

  /** Statements that give nothing but their end. */
  async #quietly(statement: Exclude<Statement, Loud>, { scope, signal }: Run): Promise<void> {
    switch (statement.kind) {
      case 'declare':
        for (const { name, type, value } of statement.variables) {
          await scope.declare(name, type, value);
        }
        return;
      case 'assign':
        return await scope.assign(statement.variable, await scope.value(statement.value));
      case 'setOption': {
        const { option, value, line } = statement;
        requireKnownOption(option, value, line);
        if (option === 'NOCOUNT') this.#countsRows = value.toUpperCase() !== 'ON';
        return;
      }
      case 'throw':
        throw new SqlError(
          Number(await scope.text(statement.number)),
          await scope.text(statement.message),
          { line: statement.line, state: Number(await scope.text(statement.state)) },
        );
      case 'bulkInsert':
        this.#announced = statement;
        return;
      case 'createRole':
      case 'createUser':
      case 'addMember':
      case 'grant':
        requireOwner(this.#principal, 'CREATE USER, ALTER ROLE or GRANT');
        return await this.#change(() => administer(this.#duck, statement), signal);
      default:
        requireOwner(this.#principal, 'CREATE, ALTER or DROP');
        return await this.#change(() => define(this.#duck, statement), signal);
    }
  }

  async #change(work: () => Promise<void>, signal: AbortSignal): Promise<void> {
    await this.#transaction.atomically(work, signal);
    this.#cache.forget();
  }

  async *#select(query: Query, { scope }: Run): Events {
    const { rowCount, events, assigned } = await runQuery(this.#duck, query, scope, this.#schema);
    this.#rowCount = rowCount;
    for (const { name, value } of assigned) await scope.assign(name, value);
    yield* events;
    yield this.#done(rowCount);
  }

  async *#write(statement: WriteStatement, { scope, signal }: Run): Events {
    const { table, line } = statement;
    const target = await this.#schema.target(table, namedColumns(statement));
    for (const permission of permissionsOf(statement)) {
      await this.#schema.require(permission, table);
    }
    const printer = new DuckPrinter();
    const sql = printWrite(printer, statement, target);
    await this.#schema.requireReads(printer);
    const parameters = scope.parameters(printer);
    const changed = await namingTable(target, line, async () => {
      const work = () => this.#duck.run(sql, parameters);
      return (await this.#transaction.writing(work, signal)).rowsChanged;
    });
    yield* this.#changed(changed, givenRows(statement));
  }

  async *#changed(rows: number, given: number | undefined): Events {
    this.#rowCount = rows;
    if (given !== undefined && rows < given) {
      yield { kind: 'info', number: DUPLICATES_IGNORED, message: 'Duplicate key was ignored.' };
    }
    yield this.#done(rows);
  }

  #done(rowCount: number | undefined): SqlEvent {
    return { kind: 'done', rowCount: this.#countsRows ? rowCount : undefined };
  }

  #systemVariables(): Readonly<Record<string, TypedValue>> {
    return {
      '@@rowcount': typed(this.#rowCount, INT),
      '@@trancount': typed(this.#transaction.depth, INT),
      '@@version': typed(VERSION, TEXT),
    };
  }
}

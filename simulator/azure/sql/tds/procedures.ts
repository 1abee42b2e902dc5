/** Runs the stored procedures that clients send their statements through. */
import { SqlError } from '../core/sql-error.ts';
import type { TypedValue } from '../engine/duck-database.ts';
import type { Variables } from '../engine/scope.ts';
import type { SqlSession } from '../engine/session.ts';
import type { ProcedureCall } from './procedure-call.ts';
import type { Reply } from './reply.ts';
import { returnValueToken } from './tokens.ts';

type Parameters = ProcedureCall['parameters'];

/** The prepared statements of one connection. */
export class Procedures {
  readonly #session: SqlSession;
  readonly #prepared = new Map<number, string>();
  #nextHandle = 1;

  constructor(session: SqlSession) {
    this.#session = session;
  }

  /** @throws SqlError 2812 for a procedure that there is not */
  async call(
    { procedure, parameters }: ProcedureCall,
    reply: Reply,
    signal: AbortSignal,
  ): Promise<void> {
    const run = (batch: string, values: Parameters) =>
      reply.add(this.#session.run(batch, variablesOf(values), signal), signal);
    switch (procedure.replace(/^(?:sys|dbo|master)\.+/, '')) {
      case 'sp_executesql':
        return await run(textAt(parameters, 0), parameters.slice(2));
      case 'sp_prepare':
        return this.#prepare(parameters, reply);
      case 'sp_prepexec':
        this.#prepare(parameters, reply);
        return await run(textAt(parameters, 2), parameters.slice(3));
      case 'sp_execute':
        return await run(this.#statement(parameters), parameters.slice(1));
      case 'sp_unprepare':
        this.#statement(parameters);
        this.#prepared.delete(handleOf(parameters));
        return;
      default:
        throw new SqlError(2812, `Could not find stored procedure '${procedure}'.`, { state: 62 });
    }
  }

  #prepare(parameters: Parameters, reply: Reply): void {
    const handle = this.#nextHandle;
    this.#nextHandle += 1;
    this.#prepared.set(handle, textAt(parameters, 2));
    reply.addToken(returnValueToken(parameters[0]?.name ?? '', { name: 'int' }, handle));
  }

  #statement(parameters: Parameters): string {
    const handle = handleOf(parameters);
    const statement = this.#prepared.get(handle);
    if (statement !== undefined) return statement;
    throw new SqlError(8179, `Could not find prepared statement with handle ${handle}.`);
  }
}

function handleOf([first]: Parameters): number {
  return Number(first?.value);
}

function textAt(parameters: Parameters, index: number): string {
  const value = parameters[index]?.value;
  if (typeof value === 'string') return value;
  throw new SqlError(
    214,
    "Procedure expects parameter '@statement' of type 'ntext/nchar/nvarchar'.",
  );
}

function variablesOf(parameters: Parameters): Variables {
  return new Map(
    parameters.map(({ name, type, value }): [string, TypedValue] => [
      name.toLowerCase(),
      { type, value },
    ]),
  );
}

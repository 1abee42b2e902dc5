/**
 * The transaction of one session.
 *
 * Invariants:
 * - while one is open its session is the only writer;
 * - an error within one rolls it back, as after SET XACT_ABORT ON.
 */
import { SqlError } from '../core/sql-error.ts';
import type { DuckSession } from './duck-database.ts';
import type { WriteLock } from './write-lock.ts';

/** Begins, commits and rolls back; `BEGIN` within a transaction only counts. */
export class Transaction {
  readonly #duck: DuckSession;
  readonly #lock: WriteLock;
  readonly #onEnd: () => void;
  #depth = 0;
  #release: (() => void) | undefined;

  /** @param onEnd called when what was seen of the schema may no longer hold */
  constructor(duck: DuckSession, lock: WriteLock, onEnd: () => void) {
    this.#duck = duck;
    this.#lock = lock;
    this.#onEnd = onEnd;
  }

  /** @@TRANCOUNT. */
  get depth(): number {
    return this.#depth;
  }

  /** @returns whether this began a transaction, and did not only count */
  async begin(signal: AbortSignal): Promise<boolean> {
    if (this.#depth === 0) {
      const release = await this.#lock.acquire(signal);
      try {
        await this.#duck.run('BEGIN TRANSACTION');
      } catch (error) {
        release();
        throw error;
      }
      this.#release = release;
    }
    this.#depth += 1;
    return this.#depth === 1;
  }

  /** @returns whether the transaction is committed, and not only counted down */
  async commit(): Promise<boolean> {
    if (this.#depth === 0) {
      throw new SqlError(
        3902,
        'The COMMIT TRANSACTION request has no corresponding BEGIN TRANSACTION.',
      );
    }
    this.#depth -= 1;
    if (this.#depth > 0) return false;
    await this.#end('COMMIT');
    return true;
  }

  async rollback(): Promise<void> {
    if (this.#depth === 0) {
      throw new SqlError(
        3903,
        'The ROLLBACK TRANSACTION request has no corresponding BEGIN TRANSACTION.',
      );
    }
    this.#depth = 0;
    await this.#end('ROLLBACK');
  }

  /** Runs one statement that writes, when no other session does. */
  async writing<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#depth > 0) return await work();
    const release = await this.#lock.acquire(signal);
    try {
      return await work();
    } finally {
      release();
    }
  }

  /** Runs several statements, all or none of them. */
  async atomically<T>(work: () => Promise<T>, signal: AbortSignal): Promise<T> {
    if (this.#depth > 0) return await work();
    return await this.writing(async () => {
      await this.#duck.run('BEGIN TRANSACTION');
      try {
        const result = await work();
        await this.#duck.run('COMMIT');
        return result;
      } catch (error) {
        // A COMMIT that failed has rolled back already.
        await this.#duck.run('ROLLBACK').catch(() => undefined);
        throw error;
      }
    }, signal);
  }

  async #end(how: 'COMMIT' | 'ROLLBACK'): Promise<void> {
    const release = this.#release;
    this.#release = undefined;
    try {
      await this.#duck.run(how);
    } finally {
      this.#onEnd();
      release?.();
    }
  }
}

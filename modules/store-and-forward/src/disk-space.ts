/**
 * What the database takes on disk.
 *
 * Invariants:
 * - the log (WAL) stays within its part of the limit, and no temporary file is made;
 * - room that was freed goes back to the file system, a little at a time.
 */
import type { Database } from '../../shared/src/database.ts';

/** For the log, what one transaction adds before room is made, and the lock file, bytes. */
export const RESERVED_BYTES = 8 * 1_048_576;

const INCREMENTAL = 2;
/** The log is copied into the file after so many pages, and cut to so many bytes. */
const CHECKPOINT_PAGES = 256;
const LOG_BYTES = 1_048_576;
/** Free pages that stay for the next outage, and how many go back at a time. */
const FREE_PAGES = 64;
const PAGES_AT_ONCE = 512;

export class DiskSpace {
  readonly #database: Database;
  readonly #pageBytes: number;

  constructor(database: Database) {
    this.#database = database;
    database.pragma('temp_store = MEMORY');
    database.pragma(`wal_autocheckpoint = ${CHECKPOINT_PAGES}`);
    database.pragma(`journal_size_limit = ${LOG_BYTES}`);
    if (this.#number('auto_vacuum') !== INCREMENTAL) {
      // A file from before: rewritten once, so that it can shrink.
      database.pragma('auto_vacuum = INCREMENTAL');
      database.exec('VACUUM');
    }
    this.#pageBytes = this.#number('page_size');
  }

  /** Bytes of pages in use. The file is no larger than this ever was since it last shrank. */
  get usedBytes(): number {
    return (this.#number('page_count') - this.#number('freelist_count')) * this.#pageBytes;
  }

  /** Bytes of the file once the log is copied into it. */
  get fileBytes(): number {
    return this.#number('page_count') * this.#pageBytes;
  }

  /** Gives some of the free room back; outside of any transaction. */
  shrink(): void {
    const free = this.#number('freelist_count');
    if (free < FREE_PAGES || free * 4 < this.#number('page_count')) return;
    this.#database.pragma(`incremental_vacuum(${PAGES_AT_ONCE})`);
    this.#database.pragma('wal_checkpoint(TRUNCATE)');
  }

  #number(pragma: string): number {
    return Number(this.#database.pragma(pragma, { simple: true }));
  }
}

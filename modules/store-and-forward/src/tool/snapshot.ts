import type { Database } from '../../../shared/src/database.ts';

/**
 * Reads things that belong together, while nothing changes.
 *
 * Keep it short: a running module cannot cut its log meanwhile.
 */
export function snapshot<T>(database: Database, read: () => T): T {
  database.exec('BEGIN');
  try {
    return read();
  } finally {
    // A COMMIT would complain once more of damage that `read` has met.
    if (database.inTransaction) database.exec('ROLLBACK');
  }
}

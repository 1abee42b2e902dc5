/** The tables, and who may use them: by this project's own `sql` command. */
import { closeDatabase, openDatabase } from './core/app-commands.ts';
import type { Outputs } from './answers.ts';
import {
  addDatabaseUsers,
  migrateDatabase,
  type ProjectResult,
  type RunProject,
} from './project-commands.ts';
import type { Session } from './session.ts';

/** The tables could not be made. */
export class DatabaseError extends Error {
  override readonly name = 'DatabaseError';
  readonly code = 'DATABASE';
}

/**
 * Brings the database up to date. It lets nobody in from outside of Azure: when it refuses our
 * address, a rule lets just this one in for as long as it takes.
 *
 * @throws DatabaseError
 */
export async function prepareDatabase(
  session: Session,
  outputs: Outputs,
  runProject: RunProject,
): Promise<void> {
  const { az, say, target, names } = session;
  const database = { server: outputs.sqlHostName.value, database: outputs.sqlDatabase.value };
  const migrate = migrateDatabase(database);
  say(`Bringing the tables of ${database.server} up to date …`);
  let result = await runProject(migrate);
  const address = refusedAddress(result);
  try {
    if (address !== undefined) {
      await az.run(openDatabase(target, names.sqlServer, address));
      result = await runProject(migrate);
    }
    requireSuccess(result);
    requireSuccess(await runProject(addDatabaseUsers(database, outputs.sqlUsers.value)));
  } finally {
    if (address !== undefined) await az.run(closeDatabase(target, names.sqlServer));
  }
}

/** The address that the server's firewall names when it refuses it (error 40615). */
export function refusedAddress({ exitCode, complaint }: ProjectResult): string | undefined {
  if (exitCode === 0) return undefined;
  return /IP address '(\d{1,3}(?:\.\d{1,3}){3})' is not allowed/.exec(complaint)?.[1];
}

function requireSuccess({ exitCode, complaint }: ProjectResult): void {
  if (exitCode === 0) return;
  throw new DatabaseError(`The database could not be prepared:\n${complaint.trim()}`);
}

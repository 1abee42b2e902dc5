/**
 * Mends the database of a stopped module, as the module itself does when it starts, and tells what came
 * of it.
 *
 * Invariants:
 * - a database that is in use, sound, or not store-and-forward's is left as it is;
 * - the damaged files are kept aside;
 * - what could not be saved is in the loss ledger, which the module sends when it runs again.
 */
import { chownSync, existsSync, readdirSync, statSync, type Stats } from 'node:fs';
import { basename, dirname, join } from 'node:path';
import { z } from 'zod';
import { systemClock } from '../../../shared/src/clock.ts';
import { isDatabaseInUse, type Database } from '../../../shared/src/database.ts';
import { EdgeError } from '../../../shared/src/edge-error.ts';
import { createLogger } from '../../../shared/src/logger.ts';
import { openState } from '../../../shared/src/module-state.ts';
import { reconcile } from '../reconcile.ts';
import { storeAndForward } from '../store-and-forward.ts';
import { checkStore, type CheckResult } from './check.ts';
import { openStore, requireFile } from './open-store.ts';
import { loseDamagedBlocks } from './repair-blocks.ts';
import { ToolError } from './tool-error.ts';

const Salvage = z.object({
  tables: z.array(z.object({ name: z.string(), rows: z.int(), lostRows: z.int() })),
});
const Loss = z.object({ kind: z.string(), reason: z.string(), count: z.int() });

/** What a repair came to. */
export interface Repair {
  readonly path: string;
  /** Nothing was wrong, so nothing was done. */
  readonly wasSound: boolean;
  /** Rows saved of each table, and about how many are lost; empty when only blocks were damaged. */
  readonly tables: z.infer<typeof Salvage>['tables'];
  /** What the ledger says of damage, from now on or from before. */
  readonly losses: readonly z.infer<typeof Loss>[];
  /** Where the damaged files are. */
  readonly aside: readonly string[];
  /** What is still wrong. */
  readonly findings: CheckResult['findings'];
}

/**
 * Repairs the database at `path`.
 *
 * @throws ToolError `IN_USE`, `NO_FILE`, `NOT_THIS_STORE` or `VERSION`
 */
export function repairStore(path: string): Repair {
  requireFile(path);
  if (isDatabaseInUse(path)) throw inUse(path);
  const before = statSync(path);
  const state = stateOf(path);
  if (state === 'sound') {
    return { path, wasSound: true, tables: [], losses: [], aside: [], findings: [] };
  }
  const known = new Set(asideOf(path));
  const found = mended(path);
  keepOwner(path, before);
  const database = openStore(path);
  try {
    const findings = checkStore(path, database).flatMap((result) => result.findings);
    const aside = asideOf(path).filter((name) => !known.has(name));
    return { path, wasSound: false, ...found, aside, findings };
  } finally {
    database.close();
  }
}

/** Looks without changing anything. */
function stateOf(path: string): 'sound' | 'damaged' {
  let database: Database;
  try {
    database = openStore(path);
  } catch (error) {
    const isOurs = basename(path) === storeAndForward.databaseName;
    const mayBeDamaged = error instanceof ToolError && error.code === 'DAMAGED';
    if (mayBeDamaged && isOurs) return 'damaged';
    if (!mayBeDamaged) throw error;
    throw new ToolError(
      'NOT_THIS_STORE',
      `${path} cannot be read and is not named ${storeAndForward.databaseName}: ` +
        'if it is that module’s, copy it into a folder under this name.',
      error,
    );
  }
  try {
    const isSound = checkStore(path, database).every(({ findings }) => findings.length === 0);
    return isSound ? 'sound' : 'damaged';
  } finally {
    database.close();
  }
}

function mended(path: string): Pick<Repair, 'tables' | 'losses'> {
  const quiet = { clock: systemClock, log: createLogger('store-and-forward', 'silent') };
  try {
    const { database, ledger, kept, close } = openState(path, storeAndForward, quiet, 1);
    try {
      loseDamagedBlocks(database, ledger);
      reconcile(database, ledger);
      const tables = Salvage.safeParse(kept.read('salvage')).data?.tables ?? [];
      return { tables, losses: lossesByDamage(database) };
    } finally {
      close();
    }
  } catch (error) {
    if (error instanceof EdgeError && error.code === 'DATABASE_IN_USE') throw inUse(path);
    throw error;
  }
}

function lossesByDamage(database: Database): Repair['losses'] {
  const rows = database
    .prepare(
      `SELECT kind, reason, CAST(SUM(json_extract(loss, '$.count')) AS INTEGER) AS count
       FROM losses WHERE reason LIKE 'damaged%' GROUP BY kind, reason ORDER BY count DESC`,
    )
    .all();
  return rows.map((row) => Loss.parse(row));
}

/** The damaged files that earlier or later salvages kept. */
function asideOf(path: string): string[] {
  const prefix = `${basename(path)}.damaged-`;
  return readdirSync(dirname(path))
    .filter((name) => name.startsWith(prefix))
    .map((name) => join(dirname(path), name));
}

/** Whoever repairs as root leaves the files to the module’s user. */
function keepOwner(path: string, { uid, gid }: Stats): void {
  if (process.getuid?.() !== 0) return;
  const names = ['', '-wal', '-shm', '.lock', '.mark'].map((suffix) => `${path}${suffix}`);
  for (const name of names) if (existsSync(name)) chownSync(name, uid, gid);
}

function inUse(path: string): ToolError {
  return new ToolError(
    'IN_USE',
    `${path} is in use by a running module: stop it first, or wait until it mends its database itself.`,
  );
}

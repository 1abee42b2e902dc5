/** What every module keeps on disk, opened together. */
import { ClockWatch } from './clock-watch.ts';
import type { Clock } from './clock.ts';
import { openDatabase, type Database } from './database.ts';
import { DURABLE_SCHEMA } from './durable-schema.ts';
import { KeptValues } from './kept-values.ts';
import type { Logger } from './logger.ts';
import { LOSS_SCHEMA, LossLedger } from './loss-ledger.ts';

/** An open database and what all modules have in it. */
export interface ModuleState {
  readonly database: Database;
  readonly kept: KeptValues;
  readonly ledger: LossLedger;
  readonly clockWatch: ClockWatch;
  readonly close: () => void;
}

/**
 * Opens a module's state.
 *
 * @throws EdgeError DATABASE_IN_USE or DATABASE_DAMAGED
 */
export function openState(
  path: string,
  migrations: readonly string[],
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): ModuleState {
  const { database, close } = openDatabase(path, [DURABLE_SCHEMA, ...migrations]);
  database.exec(LOSS_SCHEMA);
  const kept = new KeptValues(database);
  const clockWatch = new ClockWatch({ kept, clock, log });
  return { database, kept, ledger: new LossLedger(database), clockWatch, close };
}

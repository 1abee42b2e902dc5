/** What every module keeps on disk, opened together. */
import { existsSync, statSync } from 'node:fs';
import { ClockWatch } from './clock-watch.ts';
import type { Clock } from './clock.ts';
import { CommitMark } from './commit-mark.ts';
import { openDatabase, type Database, type Mending } from './database.ts';
import { DURABLE_SCHEMA } from './durable-schema.ts';
import { KeptValues } from './kept-values.ts';
import type { Logger } from './logger.ts';
import { LOSS_SCHEMA, LossLedger } from './loss-ledger.ts';
import {
  mend,
  suspicionOf,
  tellLostInput,
  type LogFindings,
  type MendingPlan,
  type SalvageDepth,
} from './salvage/mending.ts';
import { finishSalvage } from './salvage/salvage.ts';
import { readWal } from './salvage/wal-file.ts';
import type { MessageKind } from './wire-contract.ts';

/** An open database and what all modules have in it. */
export interface ModuleState {
  readonly database: Database;
  readonly kept: KeptValues;
  readonly ledger: LossLedger;
  readonly clockWatch: ClockWatch;
  readonly mark: CommitMark;
  readonly close: () => void;
}

/** What a module says of its tables. */
export interface StateDefinition {
  /** The module's own tables, one SQL script per schema version. */
  readonly migrations: readonly string[];
  /** What is lost with acknowledged input that the disk does not give back. */
  readonly lostKind?: MessageKind;
  /** What is lost with messages of the outbox; the same when it is not said. */
  readonly lostMessages?: MessageKind;
  /** What is lost with rows of its own tables, where that is something. */
  readonly lostRows?: Readonly<Record<string, MessageKind>>;
}

/**
 * Opens a module's state; a damaged database is mended first.
 *
 * @param depth mends in any case: what the database holds was found to make no sense
 * @throws EdgeError DATABASE_IN_USE, DATABASE_UNAVAILABLE, DATABASE_NEWER or DATABASE_DAMAGED
 */
export function openState(
  path: string,
  definition: StateDefinition,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
  depth?: SalvageDepth,
): ModuleState {
  const { lostKind = 'telemetry', lostMessages = lostKind, lostRows = {} } = definition;
  const migrations = [DURABLE_SCHEMA, ...definition.migrations];
  const mark = new CommitMark(`${path}.mark`);
  const plan: MendingPlan = {
    path,
    migrations,
    lostKind,
    lostMessages,
    lostRows,
    log,
    mark: mark.read(),
    nowMs: clock.nowMs(),
  };
  let findings: LogFindings = { lostCommits: 0, wasEmptied: false };
  const mending: Mending = {
    before: () => {
      finishSalvage(path);
      const { pages, lostCommits } = readWal(`${path}-wal`);
      const bytes = statSync(path, { throwIfNoEntry: false })?.size;
      findings = { lostCommits, wasEmptied: bytes === 0 && pages.size === 0 };
      const suspected = depth ?? suspicionOf(path);
      if (suspected === undefined || !existsSync(path)) return;
      mend(plan, suspected, 'what it holds makes no sense');
    },
    mend: (error) => mend(plan, 1, error),
  };
  const { database, close } = openDatabase(path, migrations, undefined, mending);
  try {
    database.exec(LOSS_SCHEMA);
    const kept = new KeptValues(database);
    const ledger = new LossLedger(database);
    tellLostInput({ database, kept, ledger }, plan, findings);
    // Before anything is counted: a kill between the first commit and its mark must not leave the old one.
    if (kept.read('counters') === undefined) mark.forget();
    const clockWatch = new ClockWatch({ kept, clock, log });
    const closeAll = () => {
      mark.close();
      close();
    };
    return { database, kept, ledger, clockWatch, mark, close: closeAll };
  } catch (error) {
    close();
    throw error;
  }
}

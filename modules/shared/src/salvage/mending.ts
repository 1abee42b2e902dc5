/**
 * Mends a module's database, and tells what could not be read.
 *
 * Invariants:
 * - what is lost is in the loss ledger of the database that takes the place of the damaged one;
 * - acknowledged input that SQLite's log no longer holds is in the ledger, too, once.
 */
import { existsSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { z } from 'zod';
import type { Mark } from '../commit-mark.ts';
import { Counters } from '../counters.ts';
import { isDamage, type Database } from '../database.ts';
import { EdgeError, messageOf } from '../edge-error.ts';
import { KeptValues } from '../kept-values.ts';
import type { Logger } from '../logger.ts';
import { LOSS_SCHEMA, LossLedger } from '../loss-ledger.ts';
import { stored } from '../stored.ts';
import type { MessageKind } from '../wire-contract.ts';
import type { CopiedTable } from './copy-table.ts';
import { salvage, type Salvaged } from './salvage.ts';

/** What a salvage can go without: nothing, the module's own tables, or all but its messages. */
export type SalvageDepth = 1 | 2 | 3;

/** How a module's database is mended. */
export interface MendingPlan {
  readonly path: string;
  readonly migrations: readonly string[];
  /** What is lost with input that was acknowledged. */
  readonly lostKind: MessageKind;
  /** What is lost with a message of the outbox. */
  readonly lostMessages: MessageKind;
  /** What is lost with the rows of the module's own tables, where that is something. */
  readonly lostRows: Readonly<Record<string, MessageKind>>;
  readonly mark: Mark | undefined;
  readonly nowMs: number;
  readonly log: Logger;
}

const REASON = 'damaged on disk';
/** Tables without which a module loses what it owes others. */
const OWED = ['outbox', 'losses'];
const SHARED = [...OWED, 'kept', 'quarantine'];
const KEPT_NAME = 'salvage';

/** Of the last salvage, as it is kept and shown. */
const Salvage = z.object({
  atMs: z.number(),
  depth: z.int(),
  tables: z.array(z.object({ name: z.string(), rows: z.int(), lostRows: z.int() })),
});

/** Puts what can be read of the database into its place. */
export function mend(plan: MendingPlan, depth: SalvageDepth, cause: unknown): void {
  const { path, migrations, log } = plan;
  log.error({ reason: messageOf(cause), depth }, `${path} is damaged, saving what can be read`);
  const { tables } = salvage(path, {
    migrations,
    isKept: (table) => depth === 1 || (depth === 2 ? SHARED : OWED).includes(table),
    complete: (fresh, salvaged) => tell(fresh, salvaged, { plan, depth }),
  });
  forgetSuspicion(path);
  log.error({ tables }, `what could be read of ${path} is in use, the damaged file is beside it`);
}

function tell(
  fresh: Database,
  { tables }: Salvaged,
  { plan, depth }: { readonly plan: MendingPlan; readonly depth: SalvageDepth },
): void {
  fresh.exec(LOSS_SCHEMA);
  const kept = new KeptValues(fresh);
  const ledger = new LossLedger(fresh);
  const counters = Counters.safeParse(kept.read('counters')).data;
  const { mark, nowMs, lostMessages, lostRows } = plan;
  for (const table of tables) {
    const { name } = table;
    const kind = name === 'outbox' ? lostMessages : lostRows[name];
    const isMarked = name === 'outbox' && mark?.received === counters?.received;
    const count = lostOf(table, isMarked ? mark : undefined);
    if (kind === undefined || count === 0) continue;
    ledger.add(kind, `${REASON}: ${name}`, { id: '', fromMs: nowMs, toMs: nowMs, count });
  }
  if (counters === undefined) kept.write('counters', { received: mark?.received ?? 0 });
  kept.write(KEPT_NAME, { atMs: nowMs, depth, tables });
}

/** How many rows are gone: known from the mark, or about. */
function lostOf({ rows, lostRows }: CopiedTable, mark: Mark | undefined): number {
  return mark === undefined ? lostRows : Math.max(0, mark.outboxRows - rows);
}

/** What the files showed before SQLite opened them. */
export interface LogFindings {
  /** Transactions that were on disk and that SQLite will not read. */
  readonly lostCommits: number;
  /** The file is there, with nothing in it. */
  readonly wasEmptied: boolean;
}

/** Tells of acknowledged input that the database does not know of any more. */
export function tellLostInput(
  { database, kept, ledger }: { database: Database; kept: KeptValues; ledger: LossLedger },
  plan: MendingPlan,
  { lostCommits, wasEmptied }: LogFindings,
): void {
  const known = kept.read('counters');
  const counters = stored(Counters, known ?? {});
  const received = plan.mark?.received ?? 0;
  // Who takes the database away wants to begin anew; who empties it does not.
  const isAnew = known === undefined && !wasEmptied && lostCommits === 0;
  const missing = isAnew ? 0 : Math.max(0, received - counters.received);
  const count = Math.max(missing, lostCommits > 0 ? 1 : 0);
  if (count === 0) return;
  const { nowMs, lostKind, path, log } = plan;
  log.error({ count, lostCommits }, `${path} lacks input that was acknowledged`);
  const reason = `${REASON}: input that was acknowledged`;
  database.transaction(() => {
    ledger.add(lostKind, reason, { id: '', fromMs: nowMs, toMs: nowMs, count });
    kept.write('counters', { ...counters, received: Math.max(received, counters.received) });
  })();
}

/** Whether the content of the database is wrong, as far as SQLite, or who read it, can tell. */
export function isContentFault(error: unknown): boolean {
  return isDamage(error) || (error instanceof EdgeError && error.code === 'STORED_NONSENSE');
}

/** A salvage that helped for less than this was not thorough enough. */
const SHORT_MS = 600_000;

/** Notes that a running module met damage: the next to open the database mends it. */
export function suspect(path: string, kept: unknown, nowMs: number): void {
  const last = Salvage.safeParse(kept).data;
  const isRecent = last !== undefined && Math.abs(nowMs - last.atMs) < SHORT_MS;
  const depth = isRecent ? Math.min(3, last.depth + 1) : 1;
  try {
    writeFileSync(suspicionPath(path), String(depth));
  } catch {
    // Without it the next look at the whole database decides.
  }
}

/** How thoroughly a suspected database is to be mended; undefined when it is not suspected. */
export function suspicionOf(path: string): SalvageDepth | undefined {
  if (!existsSync(suspicionPath(path))) return undefined;
  const depth = Number(readFileSync(suspicionPath(path), 'utf8'));
  return depth === 2 || depth === 3 ? depth : 1;
}

/** What is known of the last salvage, for the direct method `status`; undefined when there was none. */
export function lastSalvage(kept: KeptValues): unknown {
  return kept.read(KEPT_NAME);
}

function forgetSuspicion(path: string): void {
  rmSync(suspicionPath(path), { force: true });
}

function suspicionPath(path: string): string {
  return `${path}.suspect`;
}

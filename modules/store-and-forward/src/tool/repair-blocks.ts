/** Blocks that cannot be unpacked, as the running module treats them when their turn comes. */
import { z } from 'zod';
import type { Database } from '../../../shared/src/database.ts';
import { KeptValues } from '../../../shared/src/kept-values.ts';
import type { LossLedger } from '../../../shared/src/loss-ledger.ts';
import { REASON } from '../loss-reasons.ts';
import { storedBlocks, type BlockTable } from './store-rows.ts';

const Progress = z.looseObject({ lost: z.int().default(0) });
const PROGRESS = 'telemetry progress';
const TABLES: readonly BlockTable[] = ['blocks', 'upload_blocks'];

/** Puts the readings of damaged blocks into the ledger, and the blocks away. */
export function loseDamagedBlocks(database: Database, ledger: LossLedger): void {
  for (const table of TABLES) {
    for (const block of damagedBlocks(database, table)) {
      const { firstNumber, readings: count, isThinned, storedMs: atMs } = block;
      database.transaction(() => {
        database.prepare(`DELETE FROM ${table} WHERE first_number = ?`).run(firstNumber);
        ledger.add('telemetry', REASON.damaged, { id: '', fromMs: atMs, toMs: atMs, count });
        if (!isThinned) addLost(database, count);
      })();
    }
  }
}

function* damagedBlocks(database: Database, table: BlockTable) {
  for (const { texts, ...block } of storedBlocks(database, table)) {
    if (texts === undefined) yield block;
  }
}

function addLost(database: Database, readings: number): void {
  const kept = new KeptValues(database);
  const progress = Progress.safeParse(kept.read(PROGRESS)).data;
  if (progress !== undefined) {
    kept.write(PROGRESS, { ...progress, lost: progress.lost + readings });
  }
}

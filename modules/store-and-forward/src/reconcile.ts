/**
 * After a salvage: readings that were taken in, and that are neither forwarded, nor in the ledger, nor
 * anywhere in the database any more, are counted and told.
 */
import { z } from 'zod';
import type { Database } from '../../shared/src/database.ts';
import { KeptValues } from '../../shared/src/kept-values.ts';
import type { LossLedger } from '../../shared/src/loss-ledger.ts';
import { REASON } from './loss-reasons.ts';

const PROGRESS = 'telemetry progress';
const RECONCILED = 'reconciled salvage';

const Progress = z.looseObject({
  accepted: z.int(),
  forwarded: z.int(),
  lost: z.int().default(0),
});
const Salvage = z.object({ atMs: z.number() });

/** Brings the accounts into order, once for each salvage. */
export function reconcile(database: Database, ledger: LossLedger): void {
  const kept = new KeptValues(database);
  const salvage = Salvage.safeParse(kept.read('salvage')).data;
  const progress = Progress.safeParse(kept.read(PROGRESS)).data;
  if (salvage === undefined || kept.read(RECONCILED) === salvage.atMs) return;
  database.transaction(() => {
    kept.write(RECONCILED, salvage.atMs);
    if (progress === undefined) return;
    const { accepted, forwarded, lost } = progress;
    const count = accepted - forwarded - lost - readingsIn(database);
    if (count <= 0) return;
    const atMs = salvage.atMs;
    ledger.add('telemetry', REASON.damaged, { id: '', fromMs: atMs, toMs: atMs, count });
    kept.write(PROGRESS, { ...progress, lost: lost + count });
  })();
}

/** Readings that wait: for others, in blocks, in an upload, or in messages, whose ids number them. */
function readingsIn(database: Database): number {
  const blocks = 'SELECT COALESCE(SUM(readings), 0) FROM blocks WHERE is_thinned = 0';
  const uploading = 'SELECT COALESCE(SUM(readings), 0) FROM upload_blocks';
  const waiting = 'SELECT COALESCE(SUM(json_array_length(readings)), 0) FROM waiting';
  const sumOf = (sql: string) => Number(database.prepare(sql).pluck().get());
  const ids = database
    .prepare("SELECT message_id FROM outbox WHERE message_id LIKE 'telemetry/%'")
    .pluck()
    .all();
  const sent = ids.reduce((sum: number, id) => {
    const [, first, last] = /\/(\d+)-(\d+)$/.exec(String(id)) ?? [];
    return first === undefined ? sum : sum + Number(last) - Number(first) + 1;
  }, 0);
  return sumOf(blocks) + sumOf(uploading) + sumOf(waiting) + sent;
}

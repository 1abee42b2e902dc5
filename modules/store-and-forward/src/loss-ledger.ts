/**
 * What could not be kept, until it is told upstream.
 *
 * Invariants:
 * - counts are added up, never dropped: one row for each meter, kind and reason;
 * - a row leaves only into a message of the outbox, inside the caller's transaction.
 */
import { z } from 'zod';
import type { Database, Statement } from '../../shared/src/database.ts';
import type { LedgerEntry } from '../../shared/src/wire-contract.ts';
import { merged, type Loss } from './core/thinning.ts';

export const LOSS_SCHEMA = `
  CREATE TABLE losses (
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    id TEXT NOT NULL,
    loss TEXT NOT NULL,
    PRIMARY KEY (kind, reason, id)
  ) WITHOUT ROWID;
`;

/** Why something could not be kept. */
export const REASON = {
  thinned: 'no room: reduced to five-minute averages',
  evicted: 'no room',
  expired: 'older than timeToLiveSeconds',
  damaged: 'damaged on disk',
} as const;

export type LostKind = 'telemetry' | 'average' | 'anomaly';

const StoredLoss = z.object({
  id: z.string(),
  fromMs: z.number(),
  toMs: z.number(),
  count: z.int(),
  average: z.number(),
  minimum: z.number(),
  maximum: z.number(),
});
const Row = z.object({
  kind: z.enum(['telemetry', 'average', 'anomaly']),
  reason: z.string(),
  id: z.string(),
  loss: z.string(),
});

export class LossLedger {
  readonly #read: Statement;
  readonly #write: Statement;
  readonly #first: Statement;
  readonly #remove: Statement;
  readonly #any: Statement;

  constructor(database: Database) {
    this.#read = database
      .prepare('SELECT loss FROM losses WHERE kind = ? AND reason = ? AND id = ?')
      .pluck();
    this.#write = database.prepare('INSERT OR REPLACE INTO losses VALUES (?, ?, ?, ?)');
    this.#first = database.prepare('SELECT kind, reason, id, loss FROM losses LIMIT ?');
    this.#remove = database.prepare('DELETE FROM losses WHERE kind = ? AND reason = ? AND id = ?');
    this.#any = database.prepare('SELECT EXISTS (SELECT 1 FROM losses)').pluck();
  }

  get isEmpty(): boolean {
    return this.#any.get() === 0;
  }

  add(kind: LostKind, reason: string, loss: Loss): void {
    const known: unknown = this.#read.get(kind, reason, loss.id);
    const total =
      typeof known === 'string' ? merged(StoredLoss.parse(JSON.parse(known)), loss) : loss;
    this.#write.run(kind, reason, loss.id, JSON.stringify(total));
  }

  /** Takes entries out, to be sent. */
  take(limit: number): LedgerEntry[] {
    return this.#first.all(limit).map((row) => {
      const { kind, reason, id, loss } = Row.parse(row);
      this.#remove.run(kind, reason, id);
      return ledgerEntry(kind, reason, StoredLoss.parse(JSON.parse(loss)));
    });
  }
}

/** A loss as it is told upstream. Results say nothing of temperatures: they would be means of means. */
export function ledgerEntry(lostKind: LostKind, reason: string, loss: Loss): LedgerEntry {
  const { id, fromMs, toMs, count, average, minimum, maximum } = loss;
  const from = new Date(fromMs).toISOString();
  const to = new Date(toMs).toISOString();
  if (id === '') return { lostKind, from, to, count, reason };
  const entry = { lostKind, id, from, to, count, reason };
  return lostKind === 'telemetry'
    ? { ...entry, average: rounded(average), minimum, maximum }
    : entry;
}

/** Beyond a millionth of a degree there is nothing to know. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

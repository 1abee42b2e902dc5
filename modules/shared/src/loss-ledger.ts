/**
 * What did not get through, until it is told upstream.
 *
 * Invariants:
 * - counts are added up, never dropped: one row for each meter, kind and reason;
 * - the number of rows is limited: past it losses are told without their meter, then without their
 *   reason;
 * - a row leaves only into a message of the outbox, inside the caller's transaction.
 */
import { z } from 'zod';
import { merged, type Loss } from './core/loss.ts';
import type { Database, Statement } from './database.ts';
import { stored, storedJson } from './stored.ts';
import { MessageKind, type LedgerEntry } from './wire-contract.ts';

/** In every module's database; made where it is missing, because not every module had it always. */
export const LOSS_SCHEMA = `
  CREATE TABLE IF NOT EXISTS losses (
    kind TEXT NOT NULL,
    reason TEXT NOT NULL,
    id TEXT NOT NULL,
    loss TEXT NOT NULL,
    PRIMARY KEY (kind, reason, id)
  ) WITHOUT ROWID;
`;

/** Longest reason, characters. */
const MAX_REASON_LENGTH = 200;
/** Rows with a meter, about two megabytes; and some more without one. */
const MOST_ROWS = 10_000;
const MOST_REASONS = 100;
const OTHER_REASONS = 'various reasons';

const StoredLoss = z.object({
  id: z.string(),
  fromMs: z.number(),
  toMs: z.number(),
  count: z.int(),
  average: z.number().optional(),
  minimum: z.number().optional(),
  maximum: z.number().optional(),
});
const Row = z.object({ kind: MessageKind, reason: z.string(), id: z.string(), loss: z.string() });

/** A row of the ledger by its key. */
interface Key {
  readonly reason: string;
  readonly id: string;
}

export class LossLedger {
  readonly #read: Statement;
  readonly #write: Statement;
  readonly #first: Statement;
  readonly #remove: Statement;
  readonly #mostRows: number;
  #rows: number;
  #noted = 0;

  constructor(database: Database, mostRows: number = MOST_ROWS) {
    this.#read = database
      .prepare('SELECT loss FROM losses WHERE kind = ? AND reason = ? AND id = ?')
      .pluck();
    this.#write = database.prepare('INSERT OR REPLACE INTO losses VALUES (?, ?, ?, ?)');
    this.#first = database.prepare('SELECT kind, reason, id, loss FROM losses LIMIT ?');
    this.#remove = database.prepare('DELETE FROM losses WHERE kind = ? AND reason = ? AND id = ?');
    this.#mostRows = mostRows;
    this.#rows = Number(database.prepare('SELECT COUNT(*) FROM losses').pluck().get());
  }

  /** How many entries wait to be told. */
  get entries(): number {
    return this.#rows;
  }

  /** How many readings or results were noted since the last call. */
  takeNoted(): number {
    const noted = this.#noted;
    this.#noted = 0;
    return noted;
  }

  /** Counts losses that are told in another way than by `add`, or will be. */
  note(count: number): void {
    this.#noted += count;
  }

  /** Notes a loss, inside the caller's transaction. */
  add(kind: MessageKind, reason: string, loss: Loss): void {
    this.note(loss.count);
    this.addNoted(kind, reason, loss);
  }

  /** Adds a loss that was noted before. */
  addNoted(kind: MessageKind, reason: string, loss: Loss): void {
    const key = this.#keyFor(kind, reason.slice(0, MAX_REASON_LENGTH), loss.id);
    const known = this.#known(kind, key);
    if (known === undefined) this.#rows += 1;
    const one = { ...loss, id: key.id };
    const total = known === undefined ? one : merged(known, one);
    this.#write.run(kind, key.reason, key.id, JSON.stringify(total));
  }

  /** Takes entries out, to be sent, inside the caller's transaction. */
  take(limit: number): LedgerEntry[] {
    return this.#first.all(limit).map((row) => {
      const { kind, reason, id, loss } = stored(Row, row);
      this.#remove.run(kind, reason, id);
      this.#rows -= 1;
      return ledgerEntry(kind, reason, stored(StoredLoss, storedJson(loss)));
    });
  }

  /** The most telling key that there is room for. */
  #keyFor(kind: MessageKind, reason: string, id: string): Key {
    const whole = { reason, id };
    if (this.#hasRoomFor(kind, whole, this.#mostRows)) return whole;
    const withoutMeter = { reason, id: '' };
    if (this.#hasRoomFor(kind, withoutMeter, this.#mostRows + MOST_REASONS)) return withoutMeter;
    return { reason: OTHER_REASONS, id: '' };
  }

  #hasRoomFor(kind: MessageKind, key: Key, mostRows: number): boolean {
    return this.#rows < mostRows || this.#known(kind, key) !== undefined;
  }

  #known(kind: MessageKind, { reason, id }: Key): Loss | undefined {
    const text: unknown = this.#read.get(kind, reason, id);
    return typeof text === 'string' ? stored(StoredLoss, storedJson(text)) : undefined;
  }
}

/** A loss as it is told upstream. Results say nothing of temperatures: they would be means of means. */
export function ledgerEntry(lostKind: MessageKind, reason: string, loss: Loss): LedgerEntry {
  const { id, fromMs, toMs, count, average, minimum, maximum } = loss;
  const from = new Date(fromMs).toISOString();
  const to = new Date(toMs).toISOString();
  if (id === '') return { lostKind, from, to, count, reason };
  const entry = { lostKind, id, from, to, count, reason };
  return lostKind === 'telemetry' && average !== undefined
    ? { ...entry, average: rounded(average), minimum, maximum }
    : entry;
}

/** Beyond a millionth of a degree there is nothing to know. */
function rounded(value: number): number {
  return Math.round(value * 1e6) / 1e6;
}

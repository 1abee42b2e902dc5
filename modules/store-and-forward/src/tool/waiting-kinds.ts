/** What waits, by kind and priority. */
import { z } from 'zod';
import type { Database } from '../../../shared/src/database.ts';
import { kindOf, outerBlocks, storedMessages, waitingRows, type BlockTable } from './store-rows.ts';

/** Messages, or readings without one yet, of one kind at one place. */
export interface WaitingKind {
  readonly kind: string;
  readonly place: 'outbox' | 'blocks' | 'upload' | 'unpacked';
  /** The lower, the earlier it leaves; undefined outside the outbox. */
  readonly priority: number | undefined;
  rows: number;
  /** Readings, averages, anomalies or ledger entries in them. */
  entries: number;
  bytes: number;
  /** Since when the longest waits, epoch milliseconds; undefined where that is not written down. */
  sinceMs: number | undefined;
  /** The oldest and the newest instant that they tell of; of blocks, those of the outer ones. */
  oldestMs: number | undefined;
  newestMs: number | undefined;
}

/** The instants an entry of any kind may have. */
const Instants = z.object({
  time: z.string().optional(),
  windowStart: z.string().optional(),
  windowEnd: z.string().optional(),
  from: z.string().optional(),
  to: z.string().optional(),
});

const BlockTotals = z.object({
  isThinned: z.int(),
  rows: z.int(),
  entries: z.int(),
  bytes: z.int(),
  sinceMs: z.int(),
});

/** The figures of each place, in the order in which things leave. */
export const WAITING_PLACES: readonly ((database: Database) => WaitingKind[])[] = [
  outboxKinds,
  unpackedKinds,
  (database) => blockKinds(database, 'blocks'),
  (database) => blockKinds(database, 'upload_blocks'),
];

function outboxKinds(database: Database): WaitingKind[] {
  const kinds = new Map<string, WaitingKind>();
  for (const message of storedMessages(database)) {
    const { priority, body, bytes, appendedMs } = message;
    const kind = kindOf(message);
    const key = `${priority} ${kind}`;
    const known = kinds.get(key) ?? emptyKind(kind, 'outbox', priority);
    kinds.set(key, known);
    add(known, entriesOf(body), bytes);
    known.sinceMs = Math.min(known.sinceMs ?? appendedMs, appendedMs);
  }
  return [...kinds.values()].toSorted((a, b) => (a.priority ?? 9) - (b.priority ?? 9));
}

function unpackedKinds(database: Database): WaitingKind[] {
  const unpacked = emptyKind('telemetry', 'unpacked', undefined);
  for (const { texts } of waitingRows(database)) {
    const bytes = texts.reduce((sum, text) => sum + Buffer.byteLength(text), 0);
    add(
      unpacked,
      texts.map((text) => JSON.parse(text) as unknown),
      bytes,
    );
  }
  return unpacked.rows > 0 ? [unpacked] : [];
}

/** The blocks' totals are SQL's; only the outer ones are unpacked. */
function blockKinds(database: Database, table: BlockTable): WaitingKind[] {
  const totals = database
    .prepare(
      `SELECT is_thinned AS isThinned, COUNT(*) AS rows, SUM(readings) AS entries,
         SUM(LENGTH(content)) AS bytes, MIN(stored_ms) AS sinceMs
       FROM ${table} GROUP BY is_thinned ORDER BY is_thinned`,
    )
    .all();
  const outer = outerBlocks(database, table);
  return totals.map((row) => {
    const { isThinned, ...figures } = BlockTotals.parse(row);
    const kind = isThinned === 1 ? 'ledger' : 'telemetry';
    const own = outer.filter((block) => block.isThinned === (isThinned === 1));
    const instants = emptyKind(kind, table === 'blocks' ? 'blocks' : 'upload', undefined);
    for (const { texts = [] } of own) {
      noteInstants(
        instants,
        texts.map((text) => JSON.parse(text) as unknown),
      );
    }
    return { ...instants, ...figures };
  });
}

function emptyKind(
  kind: string,
  place: WaitingKind['place'],
  priority: number | undefined,
): WaitingKind {
  const none = { sinceMs: undefined, oldestMs: undefined, newestMs: undefined };
  return { kind, place, priority, rows: 0, entries: 0, bytes: 0, ...none };
}

function add(kind: WaitingKind, entries: readonly unknown[], bytes: number): void {
  kind.rows += 1;
  kind.entries += entries.length;
  kind.bytes += bytes;
  noteInstants(kind, entries);
}

function noteInstants(kind: WaitingKind, entries: readonly unknown[]): void {
  for (const entry of entries) {
    const { time, windowStart, windowEnd, from, to } = Instants.parse(entry);
    for (const text of [time, windowStart, windowEnd, from, to]) {
      const atMs = text === undefined ? Number.NaN : Date.parse(text);
      if (Number.isNaN(atMs)) continue;
      kind.oldestMs = Math.min(kind.oldestMs ?? atMs, atMs);
      kind.newestMs = Math.max(kind.newestMs ?? atMs, atMs);
    }
  }
}

function entriesOf(body: string): unknown[] {
  const parsed: unknown = JSON.parse(body);
  return Array.isArray(parsed) ? parsed : [parsed];
}

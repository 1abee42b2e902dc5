/** The outbox beside what SQLite does with rows of the same size in the same run. */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { openDatabase } from '../../modules/shared/src/database.ts';
import { DURABLE_SCHEMA } from '../../modules/shared/src/durable-schema.ts';
import { Outbox } from '../../modules/shared/src/outbox.ts';
import { bestOf, rateOf } from './rounds.ts';
import { whole, type Row } from './table.ts';

const SECTION = 'outbox, messages/s (share of raw SQLite, same rows, WAL, synchronous=FULL)';
const ROUNDS = 5;
const ALONE = 200;
const BATCHED = 20_000;
/** Messages of one commit, and how many the sender reads at a time. */
const TOGETHER = 100;
const AIM = 0.5;

const PROPERTIES = { kind: 'average' };
/** An average, as most messages of an outbox are. */
const BODY = JSON.stringify({
  id: 'Meter07',
  windowStart: '2026-11-22T18:00:00Z',
  windowEnd: '2026-11-22T18:05:00Z',
  average: 70.41833333333334,
  minimum: 69.12,
  maximum: 71.87,
  count: 30,
  expectedCount: 30,
  revision: 0,
});

/** What a contestant does with its store. */
interface Store {
  append(number: number): void;
  transaction(work: () => void): void;
  /** Reads and removes, one transaction for as many; how many there were. */
  drainSome(): number;
  close(): void;
}

const messageId = (number: number) => `average/Meter07/2026-11-22T18:05:00Z/r${number}`;

/** Append one by one, append in batches, drain. */
export async function outboxRows(): Promise<Row[]> {
  const folder = mkdtempSync(join(tmpdir(), 'bench-outbox-'));
  let files = 0;
  const measure = (open: (file: string) => Store, work: (store: Store) => number) => () => {
    files += 1;
    const store = open(join(folder, `${files}.db`));
    const rate = work(store);
    store.close();
    return rate;
  };
  const rates = await bestOf(ROUNDS, {
    rawAlone: measure(openRaw, appendAlone),
    outboxAlone: measure(openOutbox, appendAlone),
    rawBatched: measure(openRaw, appendBatched),
    outboxBatched: measure(openOutbox, appendBatched),
    rawDrain: measure(openRaw, drain),
    outboxDrain: measure(openOutbox, drain),
  });
  rmSync(folder, { recursive: true });
  return [
    row('append, each with its own commit', rates.outboxAlone, rates.rawAlone),
    {
      ...row(`append, ${TOGETHER} in a commit`, rates.outboxBatched, rates.rawBatched),
      aim: `share ${AIM}`,
      isMet: rates.outboxBatched >= AIM * rates.rawBatched,
    },
    row(`drain, ${TOGETHER} in a commit`, rates.outboxDrain, rates.rawDrain),
  ];
}

function row(what: string, rate: number, raw: number): Row {
  const share = (rate / raw).toFixed(2);
  return { section: SECTION, what, faithful: `${whole(rate)} of ${whole(raw)} (${share})` };
}

function appendAlone(store: Store): number {
  return rateOf(ALONE, () => {
    for (let number = 0; number < ALONE; number += 1) {
      store.transaction(() => store.append(number));
    }
  });
}

function appendBatched(store: Store): number {
  return rateOf(BATCHED, () => fill(store));
}

function drain(store: Store): number {
  fill(store);
  return rateOf(BATCHED, () => {
    let removed = 1;
    while (removed > 0) store.transaction(() => (removed = store.drainSome()));
  });
}

function fill(store: Store): void {
  for (let first = 0; first < BATCHED; first += TOGETHER) {
    store.transaction(() => {
      for (let more = 0; more < TOGETHER; more += 1) store.append(first + more);
    });
  }
}

function openOutbox(file: string): Store {
  const { database, close } = openDatabase(file, [DURABLE_SCHEMA]);
  const outbox = new Outbox(database);
  const common = { priority: 1, output: 'averages', properties: PROPERTIES, body: BODY };
  return {
    append: (number) => outbox.append({ ...common, messageId: messageId(number) }, number),
    transaction: (work) => database.transaction(work)(),
    drainSome: () => {
      const entries = outbox.peek(1, 0, TOGETHER);
      outbox.remove(entries);
      return entries.length;
    },
    close,
  };
}

/** One table with a key and all the rest in one column: what SQLite can do. */
function openRaw(file: string): Store {
  const database = new Sqlite(file);
  database.pragma('journal_mode = WAL');
  database.pragma('synchronous = FULL');
  database.exec('CREATE TABLE rows (row INTEGER PRIMARY KEY, content TEXT NOT NULL)');
  const insert = database.prepare('INSERT INTO rows (content) VALUES (?)');
  const select = database.prepare('SELECT row, content FROM rows ORDER BY row LIMIT ?');
  const remove = database.prepare('DELETE FROM rows WHERE row = ?');
  const properties = JSON.stringify(PROPERTIES);
  return {
    append: (number) => insert.run(`averages ${messageId(number)} ${properties} ${BODY}`),
    transaction: (work) => database.transaction(work)(),
    drainSome: () => {
      const rows = select.all(TOGETHER) as { row: number }[];
      for (const { row: key } of rows) remove.run(key);
      return rows.length;
    },
    close: () => database.close(),
  };
}

/**
 * What waits, as CSV records, a page at a time.
 *
 * Invariants:
 * - every reading comes once, also while a running module moves it on;
 * - memory does not grow with the backlog.
 */
import { z } from 'zod';
import type { Database } from '../../../shared/src/database.ts';
import { SequenceSet } from '../../../shared/src/core/sequence-set.ts';
import { csvRecord, type CsvValue } from '../core/csv.ts';
import type { ExportKind, ToolOptions } from './options.ts';
import {
  kindOf,
  numbersOf,
  storedBlocks,
  storedMessages,
  waitingRows,
  type StoredBlock,
} from './store-rows.ts';

/** The columns of each kind; telemetry's are the cold path's. */
const COLUMNS = {
  telemetry: ['id', 'time', 'temp', 'seq'],
  average: [
    'id',
    'windowStart',
    'windowEnd',
    'average',
    'minimum',
    'maximum',
    'count',
    'expectedCount',
    'revision',
  ],
  anomaly: [
    'id',
    'time',
    'seq',
    'temp',
    'direction',
    'score',
    'confidence',
    'historySize',
    'usual',
  ],
  ledger: ['lostKind', 'id', 'from', 'to', 'count', 'reason', 'average', 'minimum', 'maximum'],
} as const satisfies Record<ExportKind, readonly string[]>;

/** The column by which `--from` and `--to` choose. */
const INSTANT_COLUMN = {
  telemetry: 'time',
  average: 'windowEnd',
  anomaly: 'time',
  ledger: 'to',
} as const satisfies Record<ExportKind, string>;

const Entry = z.record(z.string(), z.unknown());
const Entries = z.union([z.array(Entry), Entry.transform((one) => [one])]);

/** What became of an export; it fills while the records are taken. */
export interface ExportTally {
  records: number;
  /** Readings in blocks that cannot be unpacked. */
  unreadable: number;
}

/** The header and the records of one kind, many in one text. */
export function* exportedTexts(
  database: Database,
  kind: ExportKind,
  { fromMs, toMs }: Pick<ToolOptions, 'fromMs' | 'toMs'>,
  tally: ExportTally,
): Generator<string> {
  const columns = COLUMNS[kind];
  yield csvRecord(columns);
  for (const entries of entriesOf(database, kind, tally)) {
    const wanted = entries.filter((entry) => {
      const atMs = Date.parse(String(entry[INSTANT_COLUMN[kind]]));
      return atMs >= fromMs && atMs < toMs;
    });
    tally.records += wanted.length;
    if (wanted.length === 0) continue;
    yield wanted.map((entry) => csvRecord(columns.map((name) => valueOf(entry[name])))).join('');
  }
}

function entriesOf(
  database: Database,
  kind: ExportKind,
  tally: ExportTally,
): Iterable<readonly z.infer<typeof Entry>[]> {
  return kind === 'telemetry' ? readings(database, tally) : results(database, kind, tally);
}

/** Numbers tell what was seen before it moved on. */
function* readings(
  database: Database,
  tally: ExportTally,
): Generator<readonly z.infer<typeof Entry>[]> {
  const seen = new SequenceSet();
  const firstTime = (firstNumber: number, texts: readonly string[]) =>
    texts
      .filter((_, index) => seen.add(firstNumber + index))
      .map((text) => Entry.parse(JSON.parse(text)));
  for (const { firstNumber, texts } of waitingRows(database)) yield firstTime(firstNumber, texts);
  for (const { firstNumber, isThinned, texts, readings: held } of allBlocks(database)) {
    if (isThinned) continue;
    if (texts !== undefined) yield firstTime(firstNumber, texts);
    else if (seen.add(firstNumber)) tally.unreadable += held;
  }
  for (const message of storedMessages(database)) {
    const first = numbersOf(message.messageId)?.[0];
    if (first === undefined || kindOf(message) !== 'telemetry') continue;
    yield Entries.parse(JSON.parse(message.body)).filter((_, index) => seen.add(first + index));
  }
}

/** Blocks move into the upload and, when that fails, back. */
function* allBlocks(database: Database): Generator<StoredBlock> {
  yield* storedBlocks(database, 'upload_blocks');
  yield* storedBlocks(database);
  yield* storedBlocks(database, 'upload_blocks');
}

function* results(
  database: Database,
  kind: ExportKind,
  tally: ExportTally,
): Generator<readonly z.infer<typeof Entry>[]> {
  if (kind === 'ledger') {
    for (const { isThinned, texts, readings: held } of storedBlocks(database)) {
      if (!isThinned) continue;
      if (texts === undefined) tally.unreadable += held;
      else yield texts.map((text) => Entry.parse(JSON.parse(text)));
    }
  }
  for (const message of storedMessages(database)) {
    if (kindOf(message) === kind) yield Entries.parse(JSON.parse(message.body));
  }
}

function valueOf(value: unknown): CsvValue {
  if (value === undefined || value === null) return undefined;
  if (typeof value === 'number' || typeof value === 'string') return value;
  return JSON.stringify(value);
}

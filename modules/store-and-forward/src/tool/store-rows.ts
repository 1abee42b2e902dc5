/**
 * The rows of a store-and-forward database, a few at a time.
 *
 * Invariants:
 * - nothing stays open between two pages, so that a running module can cut its log;
 * - what moves on while it is read is seen at least once: rows are read in the order in which they
 *   move, first what waits for company, then blocks, then the outbox or the upload.
 */
import { z } from 'zod';
import type { Database } from '../../../shared/src/database.ts';
import { messageOf } from '../../../shared/src/edge-error.ts';
import { unpackReadings } from '../reading-block.ts';
import { separateTexts } from '../waiting-texts.ts';

const PAGE_BLOCKS = 32;
const PAGE_MESSAGES = 256;

/** Where blocks are: in the backlog, or in the upload that is on its way. */
export type BlockTable = 'blocks' | 'upload_blocks';

/** A packed block; `texts` is missing when it cannot be unpacked, and `problem` says why. */
export interface StoredBlock {
  readonly firstNumber: number;
  readonly readings: number;
  readonly isThinned: boolean;
  readonly storedMs: number;
  readonly texts: readonly string[] | undefined;
  readonly problem: string | undefined;
}

const BlockRow = z.object({
  firstNumber: z.int(),
  readings: z.int(),
  isThinned: z.int().transform((flag) => flag === 1),
  storedMs: z.int(),
  content: z.instanceof(Buffer),
});

/** All blocks of a table, by the numbers of their readings. */
export function* storedBlocks(
  database: Database,
  table: BlockTable = 'blocks',
): Generator<StoredBlock> {
  const page = database.prepare(
    `SELECT first_number AS firstNumber, readings, is_thinned AS isThinned, stored_ms AS storedMs,
       content
     FROM ${table} WHERE first_number > ? ORDER BY first_number LIMIT ${PAGE_BLOCKS}`,
  );
  for (let after = Number.MIN_SAFE_INTEGER; ;) {
    const rows = page.all(after).map((row) => BlockRow.parse(row));
    for (const row of rows) yield unpacked(row);
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.firstNumber;
  }
}

/** The oldest and the newest block; one or none when there are no more. */
export function outerBlocks(database: Database, table: BlockTable): StoredBlock[] {
  const rows = database
    .prepare(
      `SELECT first_number AS firstNumber, readings, is_thinned AS isThinned,
         stored_ms AS storedMs, content
       FROM ${table} WHERE first_number IN
         ((SELECT MIN(first_number) FROM ${table}), (SELECT MAX(first_number) FROM ${table}))
       ORDER BY first_number`,
    )
    .all();
  return rows.map((row) => unpacked(BlockRow.parse(row)));
}

function unpacked({ content, ...block }: z.infer<typeof BlockRow>): StoredBlock {
  try {
    return { ...block, texts: unpackReadings(content), problem: undefined };
  } catch (error) {
    return { ...block, texts: undefined, problem: messageOf(error) };
  }
}

/** A message of the outbox, as far as it can be read. */
export interface StoredMessage {
  readonly row: number;
  readonly priority: number;
  readonly messageId: string;
  readonly properties: string;
  readonly body: string;
  readonly bytes: number;
  readonly appendedMs: number;
}

const MessageRow = z.object({
  row: z.int(),
  priority: z.int(),
  messageId: z.string(),
  properties: z.string(),
  body: z.string(),
  bytes: z.int(),
  appendedMs: z.int(),
});

/** All messages of the outbox, in the order in which they were appended. */
export function* storedMessages(database: Database): Generator<StoredMessage> {
  const page = database.prepare(
    `SELECT row, priority, message_id AS messageId, properties, body, bytes,
       appended_ms AS appendedMs
     FROM outbox WHERE row > ? ORDER BY row LIMIT ${PAGE_MESSAGES}`,
  );
  for (let after = 0; ;) {
    const rows = page.all(after).map((row) => MessageRow.parse(row));
    yield* rows;
    const last = rows.at(-1);
    if (last === undefined) return;
    after = last.row;
  }
}

/** Readings that wait for others to share their message. */
export interface WaitingRow {
  readonly firstNumber: number;
  readonly texts: readonly string[];
}

const WaitingRow = z.object({ firstNumber: z.int(), readings: z.string() });

/** All rows of readings that wait, oldest first: together less than one message. */
export function waitingRows(database: Database): WaitingRow[] {
  const rows = database
    .prepare('SELECT first_number AS firstNumber, readings FROM waiting ORDER BY first_number')
    .all();
  return rows.map((row) => {
    const { firstNumber, readings } = WaitingRow.parse(row);
    return { firstNumber, texts: separateTexts(readings) };
  });
}

const Properties = z.looseObject({ kind: z.string().optional() });

/** The kind that a message's properties say. */
export function kindOf({ properties }: Pick<StoredMessage, 'properties'>): string {
  return Properties.parse(JSON.parse(properties)).kind ?? 'telemetry';
}

const MESSAGE_ID = /^telemetry\/.*\/(\d+)-(\d+)$/;

/** First and last number of the readings in a message of telemetry. */
export function numbersOf(messageId: string): readonly [first: number, last: number] | undefined {
  const [, first, last] = MESSAGE_ID.exec(messageId) ?? [];
  return first === undefined ? undefined : [Number(first), Number(last)];
}

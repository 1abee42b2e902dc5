/** Looks into everything that waits. */
import type { z } from 'zod';
import type { Database } from '../../../shared/src/database.ts';
import { firstProblem } from '../../../shared/src/incoming-readings.ts';
import {
  Anomaly,
  Average,
  LedgerEntry,
  MAX_MESSAGE_BYTES,
  MessageKind,
  Reading,
  Upload,
} from '../../../shared/src/wire-contract.ts';
import { LEFT_OUT, REPAIR, type Finding } from './finding.ts';
import {
  kindOf,
  numbersOf,
  storedBlocks,
  storedMessages,
  waitingRows,
  type BlockTable,
  type StoredBlock,
  type StoredMessage,
} from './store-rows.ts';

const CONTENT = {
  telemetry: Reading,
  average: Average,
  anomaly: Anomaly,
  ledger: LedgerEntry,
  upload: Upload,
} as const satisfies Record<MessageKind, z.ZodType>;

const KEEP_AWAY =
  'keep a copy of the file for whoever looks after the module: it sends this as it is';

/** Every block can be unpacked, and holds as many readings as it says. */
export function* checkBlocks(database: Database, table: BlockTable): Generator<Finding> {
  for (const block of storedBlocks(database, table)) {
    const problem = problemOfBlock(block);
    if (problem === undefined) continue;
    const { firstNumber, readings } = block;
    const place = `${table} ${firstNumber}, ${readings} readings`;
    yield { place, problem, remedy: block.texts === undefined ? LEFT_OUT : REPAIR };
  }
}

function problemOfBlock({ texts, problem, isThinned, readings }: StoredBlock): string | undefined {
  if (texts === undefined) return `cannot be unpacked: ${problem ?? 'damaged'}`;
  const wrong = problemOfEntries(texts.map(parsed), isThinned ? LedgerEntry : Reading);
  if (wrong !== undefined) return wrong;
  const counted = isThinned
    ? texts.reduce((sum, text) => sum + LedgerEntry.parse(JSON.parse(text)).count, 0)
    : texts.length;
  return counted === readings ? undefined : `holds ${counted} readings`;
}

/** Every message of the outbox is one that the hub takes. */
export function* checkMessages(database: Database): Generator<Finding> {
  for (const message of storedMessages(database)) {
    const problem = problemOfMessage(message);
    if (problem === undefined) continue;
    yield { place: `outbox row ${message.row}`, problem, remedy: KEEP_AWAY };
  }
}

function problemOfMessage(message: StoredMessage): string | undefined {
  const { body, bytes, properties, messageId } = message;
  if (parsed(properties) === undefined) return 'its properties are not JSON';
  const kind = MessageKind.safeParse(kindOf(message));
  // A kind of a later contract is passed on as it came.
  if (!kind.success) return undefined;
  const content = parsed(body);
  const entries: unknown[] = Array.isArray(content) ? content : [content];
  const wrong = problemOfEntries(entries, CONTENT[kind.data]);
  if (wrong !== undefined) return wrong;
  if (bytes > MAX_MESSAGE_BYTES) return `has ${bytes} bytes, more than a message may have`;
  const numbers = kind.data === 'telemetry' ? numbersOf(messageId) : undefined;
  if (numbers === undefined) return undefined;
  const counted = numbers[1] - numbers[0] + 1;
  return counted === entries.length
    ? undefined
    : `holds ${entries.length} readings, its id ${messageId} says ${counted}`;
}

/** What waits without a message is readings. */
export function* checkWaiting(database: Database): Generator<Finding> {
  for (const { firstNumber, texts } of waitingRows(database)) {
    const problem = problemOfEntries(texts.map(parsed), Reading);
    if (problem === undefined) continue;
    yield { place: `waiting ${firstNumber}`, problem, remedy: REPAIR };
  }
}

function problemOfEntries(entries: readonly unknown[], schema: z.ZodType): string | undefined {
  for (const entry of entries) {
    if (entry === undefined) return 'holds what is not JSON';
    const { error } = schema.safeParse(entry);
    if (error !== undefined)
      return `holds what the contract does not allow: ${firstProblem(error)}`;
  }
  return undefined;
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

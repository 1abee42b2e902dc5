/**
 * Messages packed for the disk, to be sent once more if need be.
 *
 * Invariants:
 * - what comes out is, letter for letter, what went in: a body that its readings do not give again is
 *   kept as it is;
 * - a damaged block is an error, never other messages.
 *
 * There are two forms, because good compression takes time: `collected` costs little and is made at
 * once, `packed` takes a quarter of the room and is made of it later.
 */
import { deflateSync, inflateSync } from 'node:zlib';
import { z } from 'zod';
import type { MessageKind } from '../../shared/src/wire-contract.ts';
import { periodOf, type Period } from './delivered-period.ts';
import { packReadings, unpackReadings } from './reading-block.ts';

/** A message that edgeHub has acknowledged. */
export interface DeliveredMessage {
  readonly messageId: string;
  readonly body: string;
}

/** The same, with the instants that it tells of. */
export interface DatedMessage extends DeliveredMessage, Period {}

/** First byte of a block. */
const COLLECTED = 0;
const PACKED = 1;
const FASTEST = { level: 1 };
const LENGTH_BYTES = 4;

/** Message id, and body. */
const Collected = z.array(z.tuple([z.string(), z.string()]));
/** Message id, first and last instant, and of how many readings it is made; 0: kept as it is. */
const Heads = z.array(z.tuple([z.string(), z.number(), z.number(), z.int().min(0)]));

/** Messages as a block, quickly. */
export function collectMessages(messages: readonly DeliveredMessage[]): Buffer {
  const pairs = messages.map(({ messageId, body }) => [messageId, body]);
  return Buffer.concat([Buffer.of(COLLECTED), deflateSync(JSON.stringify(pairs), FASTEST)]);
}

/** Messages as a small block; readings as columns. */
export function packMessages(kind: MessageKind, messages: readonly DatedMessage[]): Buffer {
  const parts = messages.map(({ body }) => (kind === 'telemetry' ? readingsOf(body) : undefined));
  const heads = messages.map(({ messageId, fromMs, toMs }, index) => {
    const readings = parts[index]?.length ?? 0;
    return [messageId, fromMs, toMs, readings];
  });
  const texts = messages.flatMap(({ body }, index) => parts[index] ?? [body]);
  const isReadings = parts.every((part) => part !== undefined);
  const header = packReadings([JSON.stringify(heads)], 'text');
  const length = Buffer.alloc(LENGTH_BYTES);
  length.writeUInt32LE(header.length);
  const content = packReadings(texts, isReadings ? 'columns' : 'text');
  return Buffer.concat([Buffer.of(PACKED), length, header, content]);
}

/**
 * The messages of a block of either form.
 *
 * @throws Error when the block is damaged
 */
export function unpackMessages(kind: MessageKind, block: Buffer): DatedMessage[] {
  if (block[0] === PACKED) return unpacked(block.subarray(1));
  if (block[0] !== COLLECTED) throw new Error('a block of a form that this program does not know');
  const pairs = Collected.parse(JSON.parse(inflateSync(block.subarray(1)).toString()));
  return pairs.map(([messageId, body]) => ({ messageId, body, ...periodOf(kind, body) }));
}

function unpacked(block: Buffer): DatedMessage[] {
  const end = LENGTH_BYTES + block.readUInt32LE(0);
  const [text = ''] = unpackReadings(block.subarray(LENGTH_BYTES, end));
  const heads = Heads.parse(JSON.parse(text));
  const texts = unpackReadings(block.subarray(end));
  let next = 0;
  return heads.map(([messageId, fromMs, toMs, count]) => {
    const own = texts.slice(next, next + Math.max(1, count));
    next += own.length;
    return { messageId, fromMs, toMs, body: count === 0 ? (own[0] ?? '') : `[${own.join(',')}]` };
  });
}

/**
 * The readings of a body, as texts that give it again; undefined when it is no array of objects. Where
 * text within a reading looks like the border between two, it is cut there, and given again all the same.
 */
function readingsOf(body: string): string[] | undefined {
  if (!body.startsWith('[{') || !body.endsWith('}]')) return undefined;
  return body
    .slice(2, -2)
    .split('},{')
    .map((inner) => `{${inner}}`);
}

/**
 * What edgeHub has acknowledged, kept while there is room, so that it can be sent again.
 *
 * Invariants:
 * - every delivered message is kept once, with its id, until room is needed or it is too old;
 * - nothing here counts as waiting: what goes is in no ledger;
 * - a block that is damaged is reported and left out, and holds up no other.
 *
 * Messages are collected until there are enough of a kind for a block: a block of one message would
 * compress badly. Blocks are packed better later, a few at a time, so that it never takes long.
 */
import type { Database } from '../../shared/src/database.ts';
import { MessageKind } from '../../shared/src/wire-contract.ts';
import {
  collectMessages,
  packMessages,
  unpackMessages,
  type DatedMessage,
  type DeliveredMessage,
} from './delivered-block.ts';
import { overlap } from './delivered-period.ts';
import { DeliveredTables, type BlockRow, type Selection } from './delivered-tables.ts';

/** A message of the outbox, as far as it is kept. */
export interface Delivered extends DeliveredMessage {
  readonly kind: MessageKind;
}

/** A block with its messages of a selection. */
export interface DeliveredPart {
  readonly row: number;
  readonly kind: MessageKind;
  readonly messages: readonly DeliveredMessage[];
}

/** How many messages of a kind are collected, and how many bytes of them, before they are a block. */
const COLLECT_MESSAGES = 200;
const COLLECT_BYTES = 131_072;
/** A message as large as this is a block at once. */
const LARGE_BYTES = 32_768;
/** Blocks that are packed as one, and how large they may be together, bytes. */
const PACKED_AT_ONCE = 4;
const PACKED_BYTES = 65_536;
/** Blocks that are read to count exactly. */
const MOST_READ = 100;
/** Blocks that make room at a time, and that grow too old at a time. */
const EVICTED_AT_ONCE = 32;
const EXPIRED_AT_ONCE = 200;
/** Every instant: the period of a block that is not packed. */
const ALWAYS = { fromMs: -8.64e15, toMs: 8.64e15 };

export class DeliveredStore {
  readonly #tables: DeliveredTables;
  /** What is collected of each kind. */
  readonly #lately = new Map<MessageKind, { messages: number; bytes: number }>();
  /** Kinds of which there are blocks that are not packed. */
  readonly #unpacked: Set<MessageKind>;
  readonly #damaged: (messages: number) => void;

  /** @param damaged told of so many messages that cannot be read, whenever they are met */
  constructor(database: Database, damaged: (messages: number) => void) {
    this.#damaged = damaged;
    this.#tables = new DeliveredTables(database);
    for (const { kind, ...sums } of this.#tables.latelySums()) this.#lately.set(kind, sums);
    this.#unpacked = new Set(MessageKind.options);
  }

  /** Bytes of all that is kept, about. */
  get bytes(): number {
    const lately = [...this.#lately.values()];
    return lately.reduce((sum, { bytes }) => sum + bytes, this.#tables.sums.bytes);
  }

  /** Messages that are kept. */
  get messages(): number {
    const lately = [...this.#lately.values()];
    return lately.reduce((sum, { messages }) => sum + messages, this.#tables.sums.messages);
  }

  /** When the oldest block was made, epoch milliseconds. */
  get oldestMs(): number | undefined {
    return this.#tables.oldestMs;
  }

  /** Whether there are blocks to be packed better. */
  get hasUnpacked(): boolean {
    return this.#unpacked.size > 0;
  }

  /** Keeps a message, inside the caller's transaction. */
  add({ kind, messageId, body }: Delivered, nowMs: number): void {
    const bytes = Buffer.byteLength(body);
    if (bytes >= LARGE_BYTES) {
      this.#addBlock(kind, [{ messageId, body }], nowMs);
      return;
    }
    this.#tables.collect(kind, { messageId, body });
    const known = this.#lately.get(kind) ?? { messages: 0, bytes: 0 };
    const now = { messages: known.messages + 1, bytes: known.bytes + bytes };
    this.#lately.set(kind, now);
    if (now.messages >= COLLECT_MESSAGES || now.bytes >= COLLECT_BYTES) {
      this.#closeLately(kind, nowMs);
    }
  }

  /** Makes blocks of all that is collected; returns the newest row, inside the caller's transaction. */
  close(nowMs: number): number {
    for (const kind of this.#lately.keys()) this.#closeLately(kind, nowMs);
    return this.#tables.newestRow;
  }

  /** Packs some blocks better, inside the caller's transaction. */
  pack(): void {
    for (const kind of this.#unpacked) {
      const blocks = packable(this.#tables.unpacked(kind, PACKED_AT_ONCE));
      if (blocks.length > 0) {
        this.#pack(kind, blocks);
        return;
      }
      this.#unpacked.delete(kind);
    }
  }

  /** Lets the oldest go; false when nothing is kept. */
  evict(): boolean {
    if (this.#tables.sums.blocks > 0) {
      this.#tables.removeOldest(EVICTED_AT_ONCE);
      return true;
    }
    const had = this.#lately.size > 0;
    for (const kind of this.#lately.keys()) this.#tables.clearLately(kind);
    this.#lately.clear();
    return had;
  }

  /** Lets go of what was made before an instant, some of it at a time. */
  expire(beforeMs: number): void {
    for (let step = 0; step < EXPIRED_AT_ONCE; step += 1) {
      if ((this.oldestMs ?? beforeMs) >= beforeMs) return;
      this.#tables.removeOldest(1);
    }
  }

  /**
   * How many messages a selection has: exact, as long as few blocks lie across its borders or are not
   * packed yet; the others count whole.
   */
  count(selection: Selection): number {
    let messages = this.#tables.messagesInside(selection);
    let read = 0;
    for (const block of this.#tables.across(selection)) {
      read += 1;
      messages += read > MOST_READ ? block.messages : this.#chosen(block, selection).length;
    }
    return messages;
  }

  /** The next block after a row that may have messages of a selection, up to another row. */
  next(selection: Selection, afterRow: number, untilRow: number): DeliveredPart | undefined {
    const block = this.#tables.next(selection, afterRow, untilRow);
    if (block === undefined) return undefined;
    return { row: block.row, kind: block.kind, messages: this.#chosen(block, selection) };
  }

  #closeLately(kind: MessageKind, nowMs: number): void {
    const messages = this.#tables.lately(kind);
    if (messages.length > 0) this.#addBlock(kind, messages, nowMs);
    this.#tables.clearLately(kind);
    this.#lately.delete(kind);
  }

  #addBlock(kind: MessageKind, messages: readonly DeliveredMessage[], storedMs: number): void {
    const content = collectMessages(messages);
    this.#tables.add({ kind, ...ALWAYS, messages: messages.length, storedMs, content });
    this.#unpacked.add(kind);
  }

  /** The messages of a block; none when it is damaged. */
  #messagesOf({ kind, content, messages }: BlockRow): DatedMessage[] {
    try {
      return unpackMessages(kind, content);
    } catch {
      this.#damaged(messages);
      return [];
    }
  }

  /** The messages of a block that tell of a selection. */
  #chosen(block: BlockRow, selection: Selection): DatedMessage[] {
    return this.#messagesOf(block).filter((message) => overlap(message, selection));
  }

  #pack(kind: MessageKind, blocks: readonly BlockRow[]): void {
    const messages = blocks.flatMap((block) => this.#messagesOf(block));
    const [first] = blocks;
    if (first === undefined || messages.length === 0) {
      for (const { row } of blocks) this.#tables.remove(row);
      return;
    }
    const fromMs = Math.min(...messages.map((message) => message.fromMs));
    const toMs = Math.max(...messages.map((message) => message.toMs));
    const content = packMessages(kind, messages);
    const { storedMs } = first;
    const packed = { kind, fromMs, toMs, messages: messages.length, storedMs, content };
    this.#tables.replace(blocks, packed);
  }
}

/** The first of the blocks, and as many more as are not too large together. */
function packable(blocks: readonly BlockRow[]): BlockRow[] {
  let bytes = 0;
  return blocks.filter(({ content }, index) => {
    bytes += content.length;
    return index === 0 || bytes <= PACKED_BYTES;
  });
}

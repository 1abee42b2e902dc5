/**
 * What waits longer: packed blocks, the ledger of what was lost, and the room for both.
 *
 * Invariants:
 * - live telemetry goes into the outbox while there are few messages in it, else into a block;
 * - blocks go into the outbox only while there is room for them at edgeHub, the oldest first;
 * - readings taken in are waiting, forwarded, or in the ledger: nothing else happens to them.
 */
import type { Clock } from '../../shared/src/clock.ts';
import { firstNumber } from '../../shared/src/clock-watch.ts';
import type { Database } from '../../shared/src/database.ts';
import type { Waiting } from '../../shared/src/figures.ts';
import { KeptValues } from '../../shared/src/kept-values.ts';
import type { LossLedger } from '../../shared/src/loss-ledger.ts';
import type { Outbox } from '../../shared/src/outbox.ts';
import { BlockStore, type Block } from './block-store.ts';
import { fillPacks, packBody } from './core/packing.ts';
import type { DeliveredStore } from './delivered-store.ts';
import { DiskSpace, RESERVED_BYTES } from './disk-space.ts';
import { REASON } from './loss-reasons.ts';
import { RoomMaker } from './room-maker.ts';
import type { Pack } from './telemetry-packer.ts';

/** A message that leaves the backlog. */
export interface BacklogMessage {
  readonly kind: 'telemetry' | 'ledger';
  readonly messageId: string;
  readonly body: string;
}

export interface BacklogParts {
  readonly database: Database;
  readonly ledger: LossLedger;
  readonly delivered: DeliveredStore;
  readonly clock: Clock;
  /** What messages of this gateway are named by. */
  readonly gateway: string;
}

export interface BacklogLimits {
  readonly maxDiskBytes: number;
  readonly deliveredSharePercent: number;
  readonly timeToLiveSeconds: number;
  readonly maxMessageBytes: number;
}

/** Ages and losses are looked at so often. */
const LOOK_MS = 5_000;
/** A meter that sends nothing but nonsense shall not cost a message each time. */
const TELL_MS = 10_000;
const LOSSES_AT_ONCE = 200;
/** Bounds what one transaction adds to the outbox, and what is in memory. */
const CHARACTERS_AT_ONCE = 262_144;
const LEDGER_NUMBER = 'ledger number';

export class Backlog {
  readonly #blocks: BlockStore;
  readonly #losses: LossLedger;
  readonly #space: DiskSpace;
  readonly #rooms: RoomMaker;
  readonly #kept: KeptValues;
  readonly #clock: Clock;
  readonly #gateway: string;
  #lookedMs = 0;
  #toldMs = Number.NEGATIVE_INFINITY;
  /** Readings of damaged blocks that the next look at the limits returns. */
  #damaged = 0;

  constructor({ database, ledger, delivered, clock, gateway }: BacklogParts) {
    this.#losses = ledger;
    this.#blocks = new BlockStore(database, (block) => this.loseDamaged(block));
    this.#space = new DiskSpace(database);
    this.#kept = new KeptValues(database);
    this.#rooms = new RoomMaker({
      space: this.#space,
      blocks: this.#blocks,
      losses: this.#losses,
      delivered,
      clock,
    });
    this.#clock = clock;
    this.#gateway = gateway;
  }

  get blocks(): number {
    return this.#blocks.blocks;
  }

  /** Whether there are losses to tell: many, or none were told for a while. */
  get isTellDue(): boolean {
    const { entries } = this.#losses;
    const isWorthIt =
      entries >= LOSSES_AT_ONCE || this.#clock.monotonicMs() - this.#toldMs >= TELL_MS;
    return entries > 0 && isWorthIt;
  }

  /** Whether ages are to be looked at again, or more is to go. */
  get isLookDue(): boolean {
    return this.#rooms.isBehind || this.#clock.monotonicMs() - this.#lookedMs >= LOOK_MS;
  }

  /** What lies in blocks. */
  waiting(): Waiting {
    return this.#blocks.waiting();
  }

  /** Stores the readings of a message until it can be sent. */
  add({ firstNumber, texts }: Pack): void {
    const storedMs = this.#clock.nowMs();
    this.#blocks.add({ firstNumber, readings: texts.length, isThinned: false, storedMs, texts });
  }

  /** Takes the oldest blocks out, as the messages they become: so many, and not too large together. */
  take(limit: number, maxBodyBytes: number): BacklogMessage[] {
    const messages: BacklogMessage[] = [];
    let characters = 0;
    while (messages.length < limit && characters < CHARACTERS_AT_ONCE) {
      const [block] = this.#blocks.oldest(1);
      if (block === undefined) break;
      this.#blocks.remove([block]);
      const next = this.#messagesOf(block, maxBodyBytes);
      messages.push(...next);
      characters += next.reduce((sum, { body }) => sum + body.length, 0);
    }
    return messages;
  }

  /** Takes some of the losses out, as the messages that tell them. */
  takeLosses(maxBodyBytes: number): BacklogMessage[] {
    const entries = this.#losses.take(LOSSES_AT_ONCE);
    if (entries.length === 0) return [];
    this.#toldMs = this.#clock.monotonicMs();
    const number = Number(this.#kept.read(LEDGER_NUMBER) ?? firstNumber(this.#clock));
    this.#kept.write(LEDGER_NUMBER, number + 1);
    const texts = entries.map((entry) => JSON.stringify(entry));
    return ledgerMessages(`ledger/${this.#gateway}/${number}`, texts, maxBodyBytes);
  }

  /** Keeps to the limits; returns how many readings went into the ledger. */
  keepLimits(limits: BacklogLimits, outbox: Outbox): number {
    let readings = 0;
    if (this.isLookDue) {
      this.#lookedMs = this.#clock.monotonicMs();
      const beforeMs = this.#clock.nowMs() - limits.timeToLiveSeconds * 1_000;
      readings += this.#rooms.expire(beforeMs, outbox);
    }
    const { maxDiskBytes, deliveredSharePercent } = limits;
    this.#rooms.keepDelivered((maxDiskBytes * deliveredSharePercent) / 100);
    readings += this.#rooms.makeRoom(maxDiskBytes - RESERVED_BYTES, outbox);
    readings += this.#damaged;
    this.#damaged = 0;
    return readings;
  }

  /** Blocks were uploaded, or given back. */
  recount(): void {
    this.#blocks.recount();
  }

  /** Gives room back to the file system. */
  shrink(): void {
    this.#space.shrink();
  }

  status() {
    return { backlogBlocks: this.#blocks.blocks, databaseBytes: this.#space.fileBytes };
  }

  /**
   * Tells of a block that cannot be read and is gone: whose readings they were is not known any more, only
   * how many and when they came.
   */
  loseDamaged(block: Pick<Block, 'readings' | 'isThinned' | 'storedMs'>): void {
    const { readings: count, isThinned, storedMs: at } = block;
    if (!isThinned) {
      this.#damaged += count;
      this.#losses.note(count);
    }
    this.#losses.addNoted('telemetry', REASON.damaged, { id: '', fromMs: at, toMs: at, count });
  }

  #messagesOf(block: Block, maxBodyBytes: number): BacklogMessage[] {
    const { firstNumber, readings, isThinned, texts } = block;
    const numbers = `${this.#gateway}/${firstNumber}-${firstNumber + readings - 1}`;
    if (isThinned) return ledgerMessages(`ledger/${numbers}`, texts, maxBodyBytes);
    const body = `[${texts.join(',')}]`;
    return [{ kind: 'telemetry', messageId: `telemetry/${numbers}`, body }];
  }
}

function ledgerMessages(
  id: string,
  texts: readonly string[],
  maxBodyBytes: number,
): BacklogMessage[] {
  const items = texts.map((text) => ({ text, bytes: Buffer.byteLength(text) }));
  const { packs, rest } = fillPacks(items, maxBodyBytes);
  return [...packs, rest].map((pack, part) => ({
    kind: 'ledger',
    messageId: `${id}/${part}`,
    body: packBody(pack),
  }));
}

/**
 * Makes room when the limit is reached, and lets go of what is too old.
 *
 * Invariants:
 * - what was delivered goes first, and in no ledger: nothing is lost with it;
 * - then the oldest readings are thinned; what is left of them goes next, then averages, anomalies last;
 * - what edgeHub may already have is never let go: it could count twice;
 * - whatever else goes is in the loss ledger, in the same transaction;
 * - no transaction takes much longer for it: what is left goes with the next, but what came in meanwhile
 *   makes room for itself at once.
 */
import type { Clock } from '../../shared/src/clock.ts';
import { ledgerEntry, type LossLedger } from '../../shared/src/loss-ledger.ts';
import type { Outbox, OutboxEntry } from '../../shared/src/outbox.ts';
import { stored, storedJson } from '../../shared/src/stored.ts';
import { LedgerEntry } from '../../shared/src/wire-contract.ts';
import type { Block, BlockStore } from './block-store.ts';
import { thinned } from './core/thinning.ts';
import type { DeliveredStore } from './delivered-store.ts';
import type { DiskSpace } from './disk-space.ts';
import { REASON } from './loss-reasons.ts';
import { Fields, lossOfResult, ResultFields } from './lost-fields.ts';

/** More blocks at a time make fewer windows that are cut in two. */
const BLOCKS_AT_ONCE = 16;
/** But no more than take some ten milliseconds. */
const READINGS_AT_ONCE = 8_000;
/** Sent in order and at most 128 at a time, so the first rows are those edgeHub may have. */
const BEHIND_THE_SENT = { skip: 256, limit: 64 };
/** Bounds one transaction; the next goes on. */
const MOST_STEPS = 200;
const MOST_MS = 100;

export interface RoomParts {
  readonly space: DiskSpace;
  readonly blocks: BlockStore;
  readonly losses: LossLedger;
  readonly delivered: Pick<DeliveredStore, 'bytes' | 'evict' | 'expire'>;
  readonly clock: Pick<Clock, 'monotonicMs'>;
}

export class RoomMaker {
  readonly #space: DiskSpace;
  readonly #blocks: BlockStore;
  readonly #losses: LossLedger;
  readonly #delivered: RoomParts['delivered'];
  readonly #clock: RoomParts['clock'];
  #isBehind = false;
  /** In use when room was made last. */
  #usedBytes = Number.POSITIVE_INFINITY;

  constructor({ space, blocks, losses, delivered, clock }: RoomParts) {
    this.#delivered = delivered;
    this.#clock = clock;
    this.#space = space;
    this.#blocks = blocks;
    this.#losses = losses;
  }

  /** Whether more is to go than one transaction had time for. */
  get isBehind(): boolean {
    return this.#isBehind;
  }

  /** Makes room until at most `mostBytes` are in use; the readings that went into the ledger. */
  makeRoom(mostBytes: number, outbox: Outbox): number {
    const hasTime = this.#timer();
    let readings = 0;
    let used = this.#space.usedBytes;
    while (used > mostBytes && (used > this.#usedBytes || hasTime())) {
      const gone = this.#step(outbox);
      if (gone === undefined) break;
      readings += gone;
      used = this.#space.usedBytes;
    }
    this.#usedBytes = used;
    return readings;
  }

  /** Keeps what was delivered to its share. */
  keepDelivered(mostBytes: number): void {
    const hasTime = this.#timer();
    while (this.#delivered.bytes > mostBytes && hasTime()) {
      if (!this.#delivered.evict()) break;
    }
  }

  /** Lets go of what was stored before an instant; the readings that went into the ledger. */
  expire(beforeMs: number, outbox: Outbox): number {
    this.#isBehind = false;
    const hasTime = this.#timer();
    let readings = 0;
    this.#delivered.expire(beforeMs);
    for (;;) {
      const [block] = this.#blocks.oldest(1);
      if (block === undefined || block.storedMs >= beforeMs || !hasTime()) break;
      this.#lose(block, REASON.expired);
      if (!block.isThinned) readings += block.readings;
    }
    for (const priority of [1, 0]) {
      this.#loseResults(
        outbox,
        outbox.peekOlder(priority, beforeMs, BEHIND_THE_SENT),
        REASON.expired,
      );
    }
    return readings;
  }

  /** Asked before each step: whether there is time for it. There is for the first, so it is going on. */
  #timer(): () => boolean {
    const startedMs = this.#clock.monotonicMs();
    let steps = 0;
    return () => {
      steps += 1;
      const isInTime = this.#clock.monotonicMs() - startedMs < MOST_MS && steps <= MOST_STEPS;
      if (isInTime || steps === 1) return true;
      this.#isBehind = true;
      return false;
    };
  }

  /** The readings that went into the ledger; undefined when nothing is left that may go. */
  #step(outbox: Outbox): number | undefined {
    if (this.#delivered.evict()) return 0;
    return this.#thin() ?? this.#evictThinned() ?? this.#evictResults(outbox);
  }

  #thin(): number | undefined {
    const [oldest] = this.#blocks.oldestOf('readings', 1);
    if (oldest === undefined) return undefined;
    const count = Math.ceil(READINGS_AT_ONCE / oldest.readings);
    const blocks = this.#blocks.oldestOf('readings', Math.min(count, BLOCKS_AT_ONCE));
    const first = blocks[0] ?? oldest;
    const readings = blocks.flatMap(({ texts }) => texts.map(readingOf));
    const texts = thinned(readings).map((loss) =>
      JSON.stringify(ledgerEntry('telemetry', REASON.thinned, loss)),
    );
    this.#blocks.remove(blocks);
    this.#losses.note(readings.length);
    this.#blocks.add({ ...first, isThinned: true, readings: readings.length, texts });
    return readings.length;
  }

  #evictThinned(): number | undefined {
    const [block] = this.#blocks.oldestOf('thinned', 1);
    if (block === undefined) return undefined;
    this.#lose(block, REASON.evicted);
    return 0;
  }

  #lose(block: Block, reason: string): void {
    for (const text of block.texts) {
      if (block.isThinned) this.#losses.addNoted('telemetry', reason, lossOf(text));
      else this.#losses.add('telemetry', reason, single(text));
    }
    this.#blocks.remove([block]);
  }

  #evictResults(outbox: Outbox): number | undefined {
    for (const priority of [1, 0]) {
      const entries = outbox.peekOlder(priority, Number.MAX_SAFE_INTEGER, BEHIND_THE_SENT);
      if (this.#loseResults(outbox, entries, REASON.evicted)) return 0;
    }
    return undefined;
  }

  /** Ledger entries stay: they are the record of what went. */
  #loseResults(outbox: Outbox, entries: readonly OutboxEntry[], reason: string): boolean {
    const results = entries.filter(({ properties }) => properties['kind'] !== 'ledger');
    for (const { properties, body } of results) {
      const kind = properties['kind'] === 'anomaly' ? 'anomaly' : 'average';
      for (const result of stored(ResultFields, storedJson(body))) {
        this.#losses.add(kind, reason, lossOfResult(result));
      }
    }
    outbox.remove(results);
    return results.length > 0;
  }
}

function readingOf(text: string) {
  const { id, time, temp } = stored(Fields, storedJson(text));
  return { id, atMs: Date.parse(time), temp };
}

function single(text: string) {
  const { id, atMs, temp } = readingOf(text);
  return { id, fromMs: atMs, toMs: atMs, count: 1, average: temp, minimum: temp, maximum: temp };
}

function lossOf(text: string) {
  const {
    id = '',
    from,
    to,
    count,
    average,
    minimum,
    maximum,
  } = stored(LedgerEntry, storedJson(text));
  return { id, fromMs: Date.parse(from), toMs: Date.parse(to), count, average, minimum, maximum };
}

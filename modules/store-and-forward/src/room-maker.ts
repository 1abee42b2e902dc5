/**
 * Makes room when the limit is reached, and lets go of what is too old.
 *
 * Invariants:
 * - what was delivered goes first, and in no ledger: nothing is lost with it;
 * - then the oldest readings are thinned; what is left of them goes next, then averages, anomalies last;
 * - what edgeHub may already have is never let go: it could count twice;
 * - whatever else goes is in the loss ledger, in the same transaction.
 */
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
/** Sent in order and at most 128 at a time, so the first rows are those edgeHub may have. */
const BEHIND_THE_SENT = { skip: 256, limit: 64 };
/** Bounds one transaction; the next goes on. */
const MOST_STEPS = 200;

export interface RoomParts {
  readonly space: DiskSpace;
  readonly blocks: BlockStore;
  readonly losses: LossLedger;
  readonly delivered: Pick<DeliveredStore, 'bytes' | 'evict' | 'expire'>;
}

export class RoomMaker {
  readonly #space: DiskSpace;
  readonly #blocks: BlockStore;
  readonly #losses: LossLedger;
  readonly #delivered: RoomParts['delivered'];

  constructor({ space, blocks, losses, delivered }: RoomParts) {
    this.#delivered = delivered;
    this.#space = space;
    this.#blocks = blocks;
    this.#losses = losses;
  }

  /** Makes room until at most `mostBytes` are in use; the readings that went into the ledger. */
  makeRoom(mostBytes: number, outbox: Outbox): number {
    let readings = 0;
    for (let step = 0; step < MOST_STEPS && this.#space.usedBytes > mostBytes; step += 1) {
      if (this.#delivered.evict()) continue;
      const gone = this.#thin() ?? this.#evictThinned() ?? this.#evictResults(outbox);
      if (gone === undefined) break;
      readings += gone;
    }
    return readings;
  }

  /** Keeps what was delivered to its share. */
  keepDelivered(mostBytes: number): void {
    for (let step = 0; step < MOST_STEPS && this.#delivered.bytes > mostBytes; step += 1) {
      if (!this.#delivered.evict()) break;
    }
  }

  /** Lets go of what was stored before an instant; the readings that went into the ledger. */
  expire(beforeMs: number, outbox: Outbox): number {
    let readings = 0;
    this.#delivered.expire(beforeMs);
    for (let step = 0; step < MOST_STEPS; step += 1) {
      const [block] = this.#blocks.oldest(1);
      if (block === undefined || block.storedMs >= beforeMs) break;
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

  #thin(): number | undefined {
    const blocks = this.#blocks.oldestOf('readings', BLOCKS_AT_ONCE);
    const [first] = blocks;
    if (first === undefined) return undefined;
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

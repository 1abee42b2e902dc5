/**
 * Readings on their way into messages.
 *
 * Invariants:
 * - a reading waits on disk until it is in a message of the outbox;
 * - readings are numbered without gaps; a message's id is the numbers it holds, and never used again;
 * - no reading waits longer than it may; with those that must go go as many as fill what is billed.
 */
import { z } from 'zod';
import type { Clock } from '../../shared/src/clock.ts';
import { firstNumber } from '../../shared/src/clock-watch.ts';
import type { Database } from '../../shared/src/database.ts';
import { KeptValues } from '../../shared/src/kept-values.ts';
import { MAX_MESSAGE_BYTES, type Reading } from '../../shared/src/wire-contract.ts';
import { ENVELOPE_BYTES, filledBodyBytes, mostBodyBytes } from './core/billing.ts';
import { fillPacks, packBytes, type PackItem } from './core/packing.ts';
import type { ForwardStore } from './forward-store.ts';
import { SeenMeters } from './seen-meters.ts';

/** A reading that waits for company. */
interface WaitingReading extends PackItem {
  /** When it came, monotonic; or when the module started, if that was later. */
  readonly arrivedMs: number;
}

/** Readings that share a message, as JSON texts. */
export interface Pack {
  /** Number of the first; the others follow without gaps. */
  readonly firstNumber: number;
  readonly messageId: string;
  readonly texts: readonly string[];
}

/** Progress in numbers of readings. */
const Progress = z.object({
  /** Number of the next reading; the first is the time of installation, so that none comes twice. */
  nextNumber: z.int(),
  /** Readings that edgeHub has acknowledged. */
  forwarded: z.int(),
  /** Readings taken in to be forwarded. */
  accepted: z.int(),
  /** Readings that stayed here because raw telemetry was not wanted. */
  thinned: z.int(),
  /** Readings that could not be kept and are in the loss ledger. */
  lost: z.int().default(0),
});
type Progress = z.infer<typeof Progress>;

const PROGRESS = 'telemetry progress';
const MESSAGE_ID = /^telemetry\/.*\/(\d+)-(\d+)$/;

export class TelemetryPacker {
  readonly #store: ForwardStore;
  readonly #kept: KeptValues;
  readonly #clock: Clock;
  readonly #gateway: string;
  readonly #seen: SeenMeters;
  readonly #progress: Progress;
  #waiting: WaitingReading[];
  #arrived: WaitingReading[] = [];

  constructor(database: Database, store: ForwardStore, clock: Clock, gateway: string) {
    this.#store = store;
    this.#kept = new KeptValues(database);
    this.#clock = clock;
    this.#gateway = gateway;
    this.#seen = new SeenMeters(store);
    const kept = Progress.safeParse(this.#kept.read(PROGRESS));
    this.#progress = kept.data ?? {
      nextNumber: firstNumber(clock),
      forwarded: 0,
      accepted: 0,
      thinned: 0,
      lost: 0,
    };
    const arrivedMs = clock.monotonicMs();
    this.#waiting = store.waiting().map((item) => ({ ...item, arrivedMs }));
  }

  /** Since when the oldest reading waits for company, monotonic; undefined when none does. */
  get waitingSinceMs(): number | undefined {
    return (this.#waiting[0] ?? this.#arrived[0])?.arrivedMs;
  }

  take(reading: Reading, isWanted: boolean): 'taken' | 'repeat' | 'too large' {
    if (!this.#seen.add(reading)) return 'repeat';
    if (!isWanted) {
      this.#progress.thinned += 1;
      return 'taken';
    }
    const text = JSON.stringify(reading);
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_MESSAGE_BYTES - ENVELOPE_BYTES) return 'too large';
    this.#arrived.push({ text, bytes, arrivedMs: this.#clock.monotonicMs() });
    this.#progress.accepted += 1;
    return 'taken';
  }

  /**
   * Writes what was taken, and returns the packs that are full, and one with what must go because it
   * came until `dueMs`, monotonic.
   */
  pack(maxMessageBytes: number, dueMs: number | undefined): Pack[] {
    const hasNews = this.#seen.write();
    const items = [...this.#waiting, ...this.#arrived];
    const { packs, rest } = fillPacks(items, mostBodyBytes(maxMessageBytes));
    const going = dueMs === undefined ? 0 : goingWith(rest, dueMs);
    const ready = going > 0 ? [...packs, rest.slice(0, going)] : packs;
    const numbered = ready.map((pack) => this.#numbered(pack));
    if (numbered.length === 0) this.#keepArrived(items);
    else this.#keepRest(rest.slice(going));
    if (hasNews || numbered.length > 0) this.#kept.write(PROGRESS, this.#progress);
    return numbered;
  }

  /** Counts the readings of acknowledged messages, inside the transaction. */
  acknowledged(messageIds: readonly string[]): void {
    let readings = 0;
    for (const messageId of messageIds) {
      const [, first, last] = MESSAGE_ID.exec(messageId) ?? [];
      if (first !== undefined) readings += Number(last) - Number(first) + 1;
    }
    if (readings === 0) return;
    this.#progress.forwarded += readings;
    this.#kept.write(PROGRESS, this.#progress);
  }

  /** Counts readings that went into the ledger, inside the transaction. */
  lost(readings: number): void {
    if (readings === 0) return;
    this.#progress.lost += readings;
    this.#kept.write(PROGRESS, this.#progress);
  }

  status() {
    const { accepted, forwarded, thinned, lost } = this.#progress;
    return {
      acceptedReadings: accepted,
      forwardedReadings: forwarded,
      backlogReadings: accepted - forwarded - lost,
      thinnedReadings: thinned,
      ledgerReadings: lost,
    };
  }

  #keepArrived(items: WaitingReading[]): void {
    if (this.#arrived.length === 0) return;
    this.#store.addWaiting(this.#progress.nextNumber + this.#waiting.length, this.#arrived);
    this.#waiting = items;
    this.#arrived = [];
  }

  #keepRest(rest: WaitingReading[]): void {
    this.#store.clearWaiting();
    if (rest.length > 0) this.#store.addWaiting(this.#progress.nextNumber, rest);
    this.#arrived = [];
    this.#waiting = rest;
  }

  #numbered(pack: readonly PackItem[]): Pack {
    const firstNumber = this.#progress.nextNumber;
    const last = firstNumber + pack.length - 1;
    this.#progress.nextNumber = last + 1;
    const messageId = `telemetry/${this.#gateway}/${firstNumber}-${last}`;
    return { firstNumber, messageId, texts: pack.map(({ text }) => text) };
  }
}

/**
 * How many of the readings go when those that came until an instant must: as many as fill the last
 * piece that is billed, or all when that would not be enough.
 */
function goingWith(readings: readonly WaitingReading[], dueMs: number): number {
  const firstYoung = readings.findIndex(({ arrivedMs }) => arrivedMs > dueMs);
  const due = firstYoung < 0 ? readings.length : firstYoung;
  if (due === 0) return 0;
  const filledBytes = filledBodyBytes(packBytes(readings));
  const filled = filledBytes === 0 ? 0 : (fillPacks(readings, filledBytes).packs[0]?.length ?? 0);
  return filled >= due ? filled : readings.length;
}

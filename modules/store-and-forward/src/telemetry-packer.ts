/**
 * Readings on their way into messages.
 *
 * Invariants:
 * - a reading waits on disk until it is in a message of the outbox;
 * - readings are numbered without gaps; a message's id is the numbers it holds, and never used again.
 */
import { z } from 'zod';
import type { Clock } from '../../shared/src/clock.ts';
import { firstNumber } from '../../shared/src/clock-watch.ts';
import type { Database } from '../../shared/src/database.ts';
import { KeptValues } from '../../shared/src/kept-values.ts';
import {
  MAX_MESSAGE_BYTES,
  readingIdentity,
  type Reading,
} from '../../shared/src/wire-contract.ts';
import { fillPacks, type PackItem } from './core/packing.ts';
import { SeenReadings } from './core/seen-readings.ts';
import type { ForwardStore } from './forward-store.ts';

/** Room for topic, properties and the MQTT header in a message of the largest size, bytes. */
const ENVELOPE_BYTES = 512;
/** What IoT Hub bills a message by, bytes. */
const BILLED_BYTES = 4_096;

/** Readings that share a message, as JSON texts. */
export interface Pack {
  /** Number of the first; the others follow without gaps. */
  readonly firstNumber: number;
  readonly messageId: string;
  readonly texts: readonly string[];
}

/** How long a body may be, so that its message stays just under a multiple of what is billed. */
export function mostBodyBytes(maxMessageBytes: number): number {
  return Math.floor(maxMessageBytes / BILLED_BYTES) * BILLED_BYTES - ENVELOPE_BYTES;
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
  readonly #meters = new Map<string, SeenReadings>();
  readonly #touched = new Set<string>();
  readonly #progress: Progress;
  #waiting: PackItem[];
  #arrived: PackItem[] = [];
  #waitingSinceMs: number | undefined;

  constructor(database: Database, store: ForwardStore, clock: Clock, gateway: string) {
    this.#store = store;
    this.#kept = new KeptValues(database);
    this.#clock = clock;
    this.#gateway = gateway;
    for (const { id, seen } of store.meters()) this.#meters.set(id, new SeenReadings(seen));
    const kept = Progress.safeParse(this.#kept.read(PROGRESS));
    this.#progress = kept.data ?? {
      nextNumber: firstNumber(clock),
      forwarded: 0,
      accepted: 0,
      thinned: 0,
      lost: 0,
    };
    this.#waiting = store.waiting();
    this.#waitingSinceMs = this.#waiting.length > 0 ? clock.monotonicMs() : undefined;
  }

  /** Since when the oldest reading waits for company, monotonic; undefined when none does. */
  get waitingSinceMs(): number | undefined {
    return this.#waitingSinceMs;
  }

  take(reading: Reading, isWanted: boolean): 'taken' | 'repeat' | 'too large' {
    const { id, seq } = reading;
    const seen = this.#meters.get(id) ?? new SeenReadings();
    this.#meters.set(id, seen);
    if (!seen.add(readingIdentity(reading), seq)) return 'repeat';
    this.#touched.add(id);
    if (!isWanted) {
      this.#progress.thinned += 1;
      return 'taken';
    }
    const text = JSON.stringify(reading);
    const bytes = Buffer.byteLength(text);
    if (bytes > MAX_MESSAGE_BYTES - ENVELOPE_BYTES) return 'too large';
    this.#arrived.push({ text, bytes });
    this.#progress.accepted += 1;
    this.#waitingSinceMs ??= this.#clock.monotonicMs();
    return 'taken';
  }

  /** Writes what was taken, and returns the packs that are full, or all when `isDue`. */
  pack(maxMessageBytes: number, isDue: boolean): Pack[] {
    for (const id of this.#touched) {
      const seen = this.#meters.get(id);
      if (seen !== undefined) this.#store.writeMeter(id, seen.state());
    }
    const hasNews = this.#touched.size > 0;
    this.#touched.clear();
    const items = [...this.#waiting, ...this.#arrived];
    const { packs, rest } = fillPacks(items, mostBodyBytes(maxMessageBytes));
    const ready = isDue && rest.length > 0 ? [...packs, rest] : packs;
    const numbered = ready.map((pack) => this.#numbered(pack));
    if (numbered.length === 0) this.#keepArrived(items);
    else this.#keepRest(isDue ? [] : [...rest]);
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

  #keepArrived(items: PackItem[]): void {
    if (this.#arrived.length === 0) return;
    this.#store.addWaiting(this.#progress.nextNumber + this.#waiting.length, this.#arrived);
    this.#waiting = items;
    this.#arrived = [];
  }

  #keepRest(rest: PackItem[]): void {
    this.#store.clearWaiting();
    if (rest.length > 0) this.#store.addWaiting(this.#progress.nextNumber, rest);
    this.#arrived = [];
    this.#waiting = rest;
    this.#waitingSinceMs = rest.length > 0 ? this.#clock.monotonicMs() : undefined;
  }

  #numbered(pack: readonly PackItem[]): Pack {
    const firstNumber = this.#progress.nextNumber;
    const last = firstNumber + pack.length - 1;
    this.#progress.nextNumber = last + 1;
    const messageId = `telemetry/${this.#gateway}/${firstNumber}-${last}`;
    return { firstNumber, messageId, texts: pack.map(({ text }) => text) };
  }
}

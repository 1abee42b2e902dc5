/**
 * How long closed windows stay for late readings: up to the horizon, within a limit in bytes.
 *
 * Invariants:
 * - past the limit the oldest closed windows are forgotten, before anything is written in their place;
 * - a window with readings that no result has is never forgotten;
 * - once nothing is left to forget, nothing begins that there is no room for;
 * - one commit forgets few windows more than it writes.
 */
import { z } from 'zod';
import type { Database, Statement } from '../../shared/src/database.ts';
import { databaseBytes } from '../../shared/src/database-bytes.ts';
import { stored } from '../../shared/src/stored.ts';
import { BEFORE_ALL, type WindowPlace, type WindowStore } from './window-store.ts';

export interface HistoryLimits {
  readonly horizonMs: number;
  /** Most that the database takes on disk, bytes, with what SQLite keeps beside it. */
  readonly maxDiskBytes: number;
}

/**
 * Share of the limit for the write-ahead log and its index: one commit may write every page of the
 * database, when readings of all meters come at once.
 */
const LOG_SHARE = 0.54;
/** Of that, what the log may reach before it is copied into the database. */
const CHECKPOINT_SHARE = 1 / 16;
/** A page is at times only this full, and not all that is written replaces what was there. */
const LEAST_FILL = 0.6;
/** Share of the limit that windows may take when none is left to forget: ledger and quarantine grow then. */
const ROOM_SHARE = 0.36;
/** Share of the room that must be free before anything is written without being asked for again. */
const EASE_SHARE = 1 / 8;
const WINDOWS_AT_ONCE = 100;
const MOST_STEPS = 100;
/** No window takes fewer bytes. */
const LEAST_WINDOW_BYTES = 50;
const PAGES_RELEASED_AT_ONCE = 256;
/** Value of the pragma `auto_vacuum`. */
const INCREMENTAL = 2;

const Pages = z.object({ pages: z.int(), free: z.int() });

export class WindowHistory {
  readonly #database: Database;
  readonly #store: WindowStore;
  readonly #pages: Statement;
  readonly #pageBytes: number;
  #limits: HistoryLimits;
  #looked: WindowPlace = BEFORE_ALL;
  /** Nothing is left that could be forgotten. */
  #isBare = false;
  /** Then: what may still be written. */
  #roomBytes = 0;

  constructor(database: Database, store: WindowStore, limits: HistoryLimits) {
    makeShrinkable(database);
    this.#database = database;
    this.#store = store;
    this.#pages = database.prepare(
      `SELECT page_count AS pages, freelist_count AS free
       FROM pragma_page_count, pragma_freelist_count`,
    );
    this.#pageBytes = Number(database.pragma('page_size', { simple: true }));
    this.#limits = limits;
    this.#limitLog();
  }

  configure(limits: HistoryLimits): void {
    this.#limits = limits;
    this.#limitLog();
  }

  /** Bytes on disk: the database, its write-ahead log and the log's index. */
  get diskBytes(): number {
    return databaseBytes(this.#database.name);
  }

  /** Whether the next commit should forget or release something, whatever comes. */
  get isOverLimit(): boolean {
    const { pages, free } = this.#pageCounts();
    const most = this.#mostPages();
    return (pages - free > most && !this.#isBare) || (pages > most && free > 0);
  }

  /**
   * Makes room for what is about to be written.
   *
   * @returns the end up to which windows were forgotten; undefined when none was
   */
  makeRoom(bytesToWrite: number): number | undefined {
    const pagesToWrite = Math.ceil(bytesToWrite / LEAST_FILL / this.#pageBytes);
    const mostSteps = MOST_STEPS + bytesToWrite / LEAST_WINDOW_BYTES / WINDOWS_AT_ONCE;
    let forgotten: number | undefined;
    let isBare = false;
    for (let step = 0; step < mostSteps && this.#lacks(pagesToWrite); step += 1) {
      const last = this.#store.forgetOldest(WINDOWS_AT_ONCE);
      if (last === undefined) {
        isBare = true;
        break;
      }
      forgotten = Math.max(last.windowEndMs, forgotten ?? last.windowEndMs);
    }
    const heldBack = this.#mostPages() * this.#pageBytes - this.#limits.maxDiskBytes * ROOM_SHARE;
    this.#roomBytes = this.#freeBytes() - bytesToWrite - Math.max(0, heldBack);
    this.#isBare = isBare || (this.#isBare && forgotten === undefined && !this.#isAtEase());
    this.#release();
    return forgotten;
  }

  /** Whether so many bytes more may be written with the next commit. */
  hasRoom(bytes: number): boolean {
    if (!this.#isBare) return true;
    const taken = bytes / LEAST_FILL;
    if (taken > this.#roomBytes) return false;
    this.#roomBytes -= taken;
    return true;
  }

  /** Forgets windows past the horizon, as many as were issued and a few more. */
  expire(issued: number, latestMs: number): void {
    if (issued === 0) return;
    const { horizonMs } = this.#limits;
    const limits = { upToMs: latestMs - horizonMs, horizonMs, count: 2 * issued + 100 };
    this.#looked = this.#store.forgetExpired(this.#looked, limits) ?? BEFORE_ALL;
  }

  #lacks(pagesToWrite: number): boolean {
    return this.#freeBytes() < pagesToWrite * this.#pageBytes;
  }

  #freeBytes(): number {
    const { pages, free } = this.#pageCounts();
    return (this.#mostPages() - (pages - free)) * this.#pageBytes;
  }

  #isAtEase(): boolean {
    return this.#roomBytes > this.#mostPages() * this.#pageBytes * EASE_SHARE;
  }

  /** A limit that was lowered: free pages go back to the file system, a few with each commit. */
  #release(): void {
    if (this.#pageCounts().pages <= this.#mostPages()) return;
    this.#database.pragma(`incremental_vacuum(${PAGES_RELEASED_AT_ONCE})`);
  }

  #mostPages(): number {
    return Math.floor((this.#limits.maxDiskBytes * (1 - LOG_SHARE)) / this.#pageBytes);
  }

  #pageCounts(): z.infer<typeof Pages> {
    return stored(Pages, this.#pages.get());
  }

  #limitLog(): void {
    const bytes = Math.floor(this.#limits.maxDiskBytes * CHECKPOINT_SHARE);
    this.#database.pragma(`journal_size_limit = ${bytes}`);
    this.#database.pragma(`wal_autocheckpoint = ${Math.floor(bytes / this.#pageBytes)}`);
  }
}

/** A file from before it could shrink is rewritten once. */
function makeShrinkable(database: Database): void {
  if (database.pragma('auto_vacuum', { simple: true }) === INCREMENTAL) return;
  database.pragma('auto_vacuum = INCREMENTAL');
  database.exec('VACUUM');
}

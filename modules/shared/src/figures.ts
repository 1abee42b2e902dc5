/** What every module tells of itself: by the direct method `status`, in its twin, and to Prometheus. */
import type { Clock } from './clock.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { Counters } from './counters.ts';
import type { Database } from './database.ts';
import { databaseBytes } from './database-bytes.ts';
import type { EdgeClient } from './edge-client.ts';
import type { LossLedger } from './loss-ledger.ts';
import type { Outbox } from './outbox.ts';
import { VERSION } from './version.ts';

/** What waits to be sent. */
export interface Waiting {
  /** Messages, or what becomes one. */
  readonly rows: number;
  readonly bytes: number;
  /** When the oldest of it was stored, by the clock that is never set. */
  readonly oldestMs: number | undefined;
}

/** The figures of a module at one instant, beside its counters. */
export interface Figures extends Omit<Counters, 'starts'> {
  readonly version: string;
  /** When the module was started last, ISO 8601. */
  readonly startedAt: string;
  /** Starts since the database was made, the first one apart. */
  readonly restarts: number;
  readonly connected: boolean;
  readonly backlogRows: number;
  readonly backlogBytes: number;
  readonly backlogAgeSeconds: number;
  readonly ledgerEntries: number;
  /** The files of the database, its log included. */
  readonly databaseBytes: number;
  /** How often the gateway's clock was set while the module ran or rested. */
  readonly clockSteps: number;
  /** Whether it may be right. */
  readonly clockTrusted: boolean;
  /** Commits since the start, and how long they took together. */
  readonly commits: number;
  readonly commitSeconds: number;
}

/** Where the figures come from. */
export interface FigureSources {
  readonly database: Database;
  readonly outbox: Outbox;
  readonly ledger: LossLedger;
  readonly counters: Counters;
  readonly client: EdgeClient;
  readonly clock: Clock;
  readonly clockWatch: ClockWatch;
  /** What waits outside of the outbox. */
  readonly waiting: () => Waiting | undefined;
}

export class ModuleFigures {
  readonly #sources: FigureSources;
  readonly #startedAt: string;
  #commits = 0;
  #commitSeconds = 0;

  constructor(sources: FigureSources) {
    this.#sources = sources;
    this.#startedAt = new Date(sources.clock.nowMs()).toISOString();
  }

  /** Notes how long a commit took. */
  committed(seconds: number): void {
    this.#commits += 1;
    this.#commitSeconds += seconds;
  }

  read(): Figures {
    const { counters, client, ledger, database, clockWatch } = this.#sources;
    const { steps: clockSteps, isTrusted: clockTrusted } = clockWatch.status();
    const { starts, ...counted } = counters;
    return {
      ...counted,
      ...this.#backlog(),
      version: VERSION,
      startedAt: this.#startedAt,
      restarts: starts - 1,
      connected: client.isConnected,
      ledgerEntries: ledger.entries,
      databaseBytes: databaseBytes(database.name),
      clockSteps,
      clockTrusted,
      commits: this.#commits,
      commitSeconds: Math.round(this.#commitSeconds * 1e6) / 1e6,
    };
  }

  #backlog() {
    const { outbox, waiting, clockWatch } = this.#sources;
    const { rows = 0, bytes = 0, oldestMs } = waiting() ?? {};
    const nowMs = clockWatch.steadyMs();
    const sinceMs = Math.min(outbox.oldestMs ?? nowMs, oldestMs ?? nowMs);
    return {
      backlogRows: outbox.rows + rows,
      backlogBytes: outbox.bytes + bytes,
      backlogAgeSeconds: (nowMs - sinceMs) / 1_000,
    };
  }
}

/**
 * Tells the figures in the module's twin, so that they are known also of a gateway that nobody calls.
 *
 * Invariants:
 * - reported once a minute and after every connect, and only over a connection that stands;
 * - only what has changed travels, the first report of a connection apart.
 */
import type { Clock } from './clock.ts';
import type { EdgeClient } from './edge-client.ts';
import { messageOf } from './edge-error.ts';
import type { Figures } from './figures.ts';
import type { Logger } from './logger.ts';

const EVERY_MS = 60_000;

export interface StatusReportParts {
  readonly client: EdgeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly read: () => Figures;
}

export class StatusReport {
  readonly #parts: StatusReportParts;
  readonly #cancel: () => void;
  #reported = new Map<string, unknown>();
  #isUnderWay = false;
  #isFresh = false;

  constructor(parts: StatusReportParts) {
    this.#parts = parts;
    this.#cancel = parts.clock.every(EVERY_MS, () => void this.#report());
  }

  /** A new connection stands: everything is told again. */
  connected(): void {
    this.#reported = new Map();
    this.#isFresh = true;
  }

  /** The twin has been read: from here on it can be reported to. */
  desired(): void {
    if (!this.#isFresh) return;
    this.#isFresh = false;
    void this.#report();
  }

  stop(): void {
    this.#cancel();
  }

  async #report(): Promise<void> {
    const { client, log } = this.#parts;
    if (this.#isUnderWay || !client.isConnected) return;
    this.#isUnderWay = true;
    try {
      const news = this.#news();
      if (news.length > 0) await client.report({ status: Object.fromEntries(news) });
      for (const [name, value] of news) this.#reported.set(name, value);
    } catch (error) {
      log.debug({ reason: messageOf(error) }, 'status not reported, tried again later');
    }
    this.#isUnderWay = false;
  }

  #news(): [string, unknown][] {
    return Object.entries(this.#parts.read())
      .map(([name, value]): [string, unknown] => [name, rounded(value)])
      .filter(([name, value]) => this.#reported.get(name) !== value);
  }
}

/** Fractions of seconds would make news of nothing. */
function rounded(value: unknown): unknown {
  return typeof value === 'number' ? Math.round(value) : value;
}

/**
 * Puts the last 24 hours on the board when the dashboard starts.
 *
 * Invariant: a database that does not answer holds up nothing: the board goes on with what the
 * event hubs hold, and the history follows when the database is back.
 */
import { setTimeout as delay } from 'node:timers/promises';
import type { Logger } from 'pino';
import type { AnomalyMark, AveragePoint } from '../core/board.ts';
import type { SourceState } from '../core/page-message.ts';

/** How far back it goes. */
export const HISTORY_MS = 24 * 3_600_000;
/** How long the event hubs wait for the first attempt. */
const FIRST_ATTEMPT_MS = 15_000;
const FIRST_WAIT_MS = 1_000;
const LONGEST_WAIT_MS = 60_000;

/** Takes what is read, piece by piece. */
export interface HistoryTaker {
  averages(rows: readonly { readonly id: string; readonly point: AveragePoint }[]): void;
  anomalies(marks: readonly AnomalyMark[]): void;
}

/** Where the past is kept. */
export interface HistoryReader {
  /**
   * Hands over everything that ended after `sinceMs`.
   *
   * @throws Error when it cannot be read
   */
  read(sinceMs: number, taker: HistoryTaker, signal: AbortSignal): Promise<void>;
}

/** A history that is being read. */
export interface RunningHistory {
  /** True once it is there, false when the event hubs had better not wait. */
  readonly begun: Promise<boolean>;
  stop(): Promise<void>;
}

/** Reads the history, again and again until it works. */
export function startHistory(
  reader: HistoryReader,
  taker: HistoryTaker,
  report: (state: SourceState) => void,
  log: Logger,
): RunningHistory {
  const abort = new AbortController();
  let settle: (isRead: boolean) => void = () => undefined;
  const begun = new Promise<boolean>((resolve) => (settle = resolve));
  const patience = setTimeout(() => settle(false), FIRST_ATTEMPT_MS);
  const reading = readUntilItWorks();
  return {
    begun,
    stop: async () => {
      abort.abort();
      settle(false);
      clearTimeout(patience);
      await reading;
    },
  };

  async function readUntilItWorks(): Promise<void> {
    report({ state: 'connecting' });
    for (let waitMs = FIRST_WAIT_MS; !abort.signal.aborted; waitMs *= 2) {
      try {
        await reader.read(Date.now() - HISTORY_MS, taker, abort.signal);
        report({ state: 'done' });
        return settle(true);
      } catch (error) {
        if (abort.signal.aborted) return;
        const reason = error instanceof Error ? error.message : String(error);
        log.warn({ reason }, 'history cannot be read, trying again');
        report({ state: 'failing', reason: 'history: the database does not answer' });
        settle(false);
        await delay(Math.min(waitMs, LONGEST_WAIT_MS), undefined, { signal: abort.signal }).catch(
          () => undefined,
        );
      }
    }
  }
}

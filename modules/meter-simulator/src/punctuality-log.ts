/** Tells those who operate the gateway when the meters cannot measure as often as they should. */
import type { Logger } from '../../shared/src/logger.ts';

/** So much of the interval behind, at least. */
const LATE_SHARE = 0.5;
const LATE_SECONDS = 2;

export class PunctualityLog {
  readonly #log: Logger;
  #isBehind = false;

  constructor(log: Logger) {
    this.#log = log;
  }

  /** Logs when it falls behind, and when it has caught up. */
  look(behindSeconds: number, intervalSeconds: number): void {
    const isBehind = behindSeconds > Math.max(LATE_SECONDS, LATE_SHARE * intervalSeconds);
    if (isBehind === this.#isBehind) return;
    this.#isBehind = isBehind;
    if (isBehind) {
      this.#log.warn({ behindSeconds }, 'meters measure later than their interval says');
    } else this.#log.info('meters measure in time again');
  }
}

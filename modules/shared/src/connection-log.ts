/**
 * Says in the log what becomes of the connection, without filling it while edgeHub is away for months.
 *
 * Invariants:
 * - the first failure of an outage is said at once, the others at growing intervals;
 * - after a failure was said, the connection that follows is, too.
 */
import type { Clock } from './clock.ts';
import type { Logger } from './logger.ts';

const FIRST_GAP_MS = 10_000;
const LONGEST_GAP_MS = 3_600_000;
/** A connection that stood this long was one; what follows is an outage of its own. */
export const STEADY_MS = 60_000;

export class ConnectionLog {
  readonly #clock: Clock;
  readonly #log: Logger;
  #gapMs = FIRST_GAP_MS;
  #silentUntilMs = Number.NEGATIVE_INFINITY;
  #unsaid = 0;
  /** When the present connection was made; undefined while there is none. */
  #connectedMs: number | undefined;
  #saysConnected = true;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  connected(): void {
    this.#connectedMs = this.#clock.monotonicMs();
    if (this.#saysConnected) this.#log.info('connected to edgeHub');
    this.#saysConnected = false;
  }

  /**
   * The connection was lost, or none could be made.
   *
   * @returns whether a connection had stood for a while
   */
  failed(reason: string): boolean {
    const nowMs = this.#clock.monotonicMs();
    const wasSteady = nowMs - (this.#connectedMs ?? nowMs) >= STEADY_MS;
    this.#connectedMs = undefined;
    if (wasSteady) this.#begin();
    this.#unsaid += 1;
    if (nowMs >= this.#silentUntilMs) this.#say(reason, nowMs);
    return wasSteady;
  }

  #begin(): void {
    this.#gapMs = FIRST_GAP_MS;
    this.#silentUntilMs = Number.NEGATIVE_INFINITY;
    this.#unsaid = 0;
  }

  #say(reason: string, nowMs: number): void {
    this.#log.warn({ reason, attempts: this.#unsaid }, 'not connected to edgeHub, trying again');
    this.#silentUntilMs = nowMs + this.#gapMs;
    this.#gapMs = Math.min(2 * this.#gapMs, LONGEST_GAP_MS);
    this.#unsaid = 0;
    this.#saysConnected = true;
  }
}

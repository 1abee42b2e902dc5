/**
 * The instants by which meters measure: the wall clock, without its jitter, and with its steps.
 *
 * Invariant: it goes on evenly until the wall clock differs from it by more than a second; then it
 * follows, and says so.
 */
import type { Clock } from '../../shared/src/clock.ts';

/** Less is how clocks are slewed; more is a step. */
const STEP_MS = 1_000;

export class SteadyClock {
  readonly #clock: Clock;
  #aheadMs = 0;

  constructor(clock: Clock) {
    this.#clock = clock;
    this.follow();
  }

  /** Epoch milliseconds. */
  nowMs(): number {
    return this.#clock.monotonicMs() + this.#aheadMs;
  }

  /** Whether the wall clock was set. */
  get hasStepped(): boolean {
    return Math.abs(this.#clock.nowMs() - this.nowMs()) > STEP_MS;
  }

  /** Goes by the wall clock as it is now. */
  follow(): void {
    this.#aheadMs = this.#clock.nowMs() - this.#clock.monotonicMs();
  }
}

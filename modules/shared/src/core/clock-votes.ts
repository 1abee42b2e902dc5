/**
 * What the meters say of the gateway's clock.
 *
 * Invariants:
 * - only a meter whose readings go on with time has a vote: neither a backlog nor a single reading
 *   with a wrong time has one;
 * - a meter has one vote, its latest, for an hour; no more than a thousand meters are remembered.
 */

/** How far a meter's time may be from the gateway's for the two to agree. */
export const TOLERANCE_MS = 5 * 60_000;

/** Two readings go on with time when their distance from the clock differs by no more than this. */
const STEADY_MS = 60_000;
/** And when they came at least this far apart: a backlog covers hours in that time. */
const LEAST_APART_MS = 1_000;
const VOTE_LASTS_MS = 3_600_000;
const MOST_METERS = 1_000;

interface Heard {
  /** Event time less the gateway's. */
  readonly aheadMs: number;
  /** Monotonic. */
  readonly heardMs: number;
  readonly vote: 'agrees' | 'ahead' | undefined;
}

export class ClockVotes {
  readonly #heard = new Map<string, Heard>();
  #agreeing = 0;
  #ahead = 0;

  /** More meters are ahead of the clock than agree with it. */
  get contradict(): boolean {
    return this.#ahead > this.#agreeing;
  }

  /** At least one meter agrees, and no more are ahead. */
  get confirm(): boolean {
    return this.#agreeing > 0 && !this.contradict;
  }

  /** Hears a reading that came at a monotonic instant, so far ahead of the gateway's clock. */
  hear(id: string, aheadMs: number, monotonicMs: number): void {
    const last = this.#heard.get(id);
    if (last !== undefined && monotonicMs - last.heardMs < LEAST_APART_MS) return;
    this.#forget(id, last);
    const goesOn = last !== undefined && Math.abs(aheadMs - last.aheadMs) <= STEADY_MS;
    const vote = goesOn ? voteOf(aheadMs) : last?.vote;
    this.#heard.set(id, { aheadMs, heardMs: monotonicMs, vote });
    this.#count(vote, 1);
    this.#forgetOld(monotonicMs);
  }

  /** The clock was set: what was said of it before says nothing any more. */
  clear(): void {
    this.#heard.clear();
    this.#agreeing = 0;
    this.#ahead = 0;
  }

  #forgetOld(monotonicMs: number): void {
    for (const [id, heard] of this.#heard) {
      const isOld = monotonicMs - heard.heardMs > VOTE_LASTS_MS;
      if (!isOld && this.#heard.size <= MOST_METERS) return;
      this.#forget(id, heard);
    }
  }

  #forget(id: string, heard: Heard | undefined): void {
    if (this.#heard.delete(id)) this.#count(heard?.vote, -1);
  }

  #count(vote: Heard['vote'], by: number): void {
    if (vote === 'agrees') this.#agreeing += by;
    if (vote === 'ahead') this.#ahead += by;
  }
}

/** A reading that is behind the clock may have waited: it says nothing. */
function voteOf(aheadMs: number): Heard['vote'] {
  if (aheadMs > TOLERANCE_MS) return 'ahead';
  return aheadMs >= -TOLERANCE_MS ? 'agrees' : undefined;
}

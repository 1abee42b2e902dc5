import type { Clock } from '../../modules/shared/src/clock.ts';

interface Timer {
  atMs: number;
  readonly everyMs: number | undefined;
  readonly act: () => void;
}

/** Time that a test moves by hand; both clocks go together, until the wall clock is set. */
export class FakeClock implements Clock {
  #nowMs: number;
  readonly #startMs: number;
  #steppedMs = 0;
  readonly #timers = new Set<Timer>();

  constructor(startIso = '2026-06-01T12:00:00Z') {
    this.#startMs = Date.parse(startIso);
    this.#nowMs = this.#startMs;
  }

  nowMs(): number {
    return this.#nowMs + this.#steppedMs;
  }

  monotonicMs(): number {
    return this.#nowMs - this.#startMs;
  }

  /** Sets the wall clock forward, or back, as a time server does. */
  step(byMs: number): void {
    this.#steppedMs += byMs;
  }

  /** Time passes without anything being done, as for a process that was stopped. */
  stall(byMs: number): void {
    this.#nowMs += byMs;
    for (const timer of this.#timers) timer.atMs = Math.max(timer.atMs, this.#nowMs);
  }

  every(intervalMs: number, tick: () => void): () => void {
    return this.#add({ atMs: this.#nowMs + intervalMs, everyMs: intervalMs, act: tick });
  }

  after(delayMs: number, act: () => void): () => void {
    return this.#add({ atMs: this.#nowMs + delayMs, everyMs: undefined, act });
  }

  /** Moves time on, timer by timer, with room for what each of them starts. */
  async advance(byMs: number): Promise<void> {
    const endMs = this.#nowMs + byMs;
    for (;;) {
      const [next] = [...this.#timers]
        .filter(({ atMs }) => atMs <= endMs)
        .toSorted((a, b) => a.atMs - b.atMs);
      if (next === undefined) break;
      this.#nowMs = next.atMs;
      if (next.everyMs === undefined) this.#timers.delete(next);
      else next.atMs += next.everyMs;
      next.act();
      await settled();
    }
    this.#nowMs = endMs;
    await settled();
  }

  #add(timer: Timer): () => void {
    this.#timers.add(timer);
    return () => this.#timers.delete(timer);
  }
}

/** Lets promises and `setImmediate` work that is under way come to its end. */
export async function settled(): Promise<void> {
  for (let turn = 0; turn < 3; turn += 1) {
    await new Promise((resolve) => {
      setImmediate(resolve);
    });
  }
}

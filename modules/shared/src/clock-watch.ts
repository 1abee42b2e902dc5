/**
 * What a module may believe of the gateway's clock.
 *
 * Small gateways have no clock that runs while they are off: they start in 1970, or where they were
 * when they went down, and step by hours once they reach a time server.
 *
 * Invariants:
 * - a reading is refused for being ahead only by a clock that meters confirmed since the start and
 *   since it was last set, and that most of them do not contradict;
 * - ages are measured by a clock of our own that goes on across restarts and is never set;
 * - every step of the clock is counted, logged and kept.
 */
import { z } from 'zod';
import type { Clock } from './clock.ts';
import { ClockVotes, TOLERANCE_MS } from './core/clock-votes.ts';
import type { KeptValues } from './kept-values.ts';
import type { Logger } from './logger.ts';

/** A clock that shows an earlier instant was never set: this code is younger. 2026-01-01. */
const EARLIEST_CLOCK_MS = Date.UTC(2026, 0, 1);

/** Meters did not measure before; 2000-01-01. */
const EARLIEST_READING_MS = Date.UTC(2000, 0, 1);
/** No reading is of then while this code runs, whatever the clock says; 2076-01-01. */
const LATEST_READING_MS = Date.UTC(2076, 0, 1);

/** Less than this between two looks is a clock that is being trimmed, or a slow machine. */
const LEAST_STEP_MS = 2_000;
/** Time the module was not running counts up to this: by then the clock alone tells of it. */
const LONGEST_PAUSE_MS = 86_400_000;
const KEEP_EVERY_MS = 600_000;
const KEPT_NAME = 'clock';

const Step = z.object({ atMs: z.number(), byMs: z.number() });
const Kept = z.object({
  wallMs: z.number(),
  steadyMs: z.number(),
  steps: z.int(),
  lastStep: Step.nullable(),
});

/** A reading as far as it says something of the clock. */
export interface HeardReading {
  readonly reading: { readonly id: string };
  /** Event time, epoch milliseconds. */
  readonly atMs: number;
}

export interface ClockWatchParts {
  readonly kept: Pick<KeptValues, 'read' | 'write'>;
  readonly clock: Clock;
  readonly log: Logger;
}

export class ClockWatch {
  readonly #parts: ClockWatchParts;
  readonly #votes = new ClockVotes();
  /** Where the wall clock was when the module last ran. */
  readonly #lastSeenMs: number;
  readonly #steadyFromMs: number;
  #steps: number;
  #lastStep: z.infer<typeof Step> | null;
  /** Wall clock less monotonic clock at the last look. */
  #offsetMs: number;
  #isConfirmed = false;
  #keptMs = Number.NEGATIVE_INFINITY;

  constructor(parts: ClockWatchParts) {
    this.#parts = parts;
    const { kept, clock } = parts;
    const nowMs = clock.nowMs();
    const monotonicMs = clock.monotonicMs();
    const known = Kept.safeParse(kept.read(KEPT_NAME)).data;
    this.#offsetMs = nowMs - monotonicMs;
    this.#steps = known?.steps ?? 0;
    this.#lastStep = known?.lastStep ?? null;
    this.#lastSeenMs = known?.wallMs ?? nowMs;
    const pauseMs = Math.min(Math.max(0, nowMs - this.#lastSeenMs), LONGEST_PAUSE_MS);
    this.#steadyFromMs = (known?.steadyMs ?? nowMs) + pauseMs - monotonicMs;
    const backMs = nowMs - this.#lastSeenMs;
    if (backMs < -LEAST_STEP_MS) this.#noteStep(backMs);
  }

  /**
   * The wall clock, or undefined while it is known to be wrong: before this code was made, before
   * the module last ran, or behind most of the meters.
   */
  get trustedNowMs(): number | undefined {
    const nowMs = this.#parts.clock.nowMs();
    const isBack = !this.#isConfirmed && nowMs < this.#lastSeenMs - TOLERANCE_MS;
    const isWrong = nowMs < EARLIEST_CLOCK_MS || isBack || this.#votes.contradict;
    return isWrong ? undefined : nowMs;
  }

  /**
   * The latest event time that is believed: a little ahead of a clock that is confirmed, and
   * undefined while it is not.
   */
  get latestBelievedMs(): number | undefined {
    const nowMs = this.trustedNowMs;
    return this.#isConfirmed && nowMs !== undefined ? nowMs + TOLERANCE_MS : undefined;
  }

  /** Milliseconds on a scale that nobody sets: for ages that outlast the process. */
  steadyMs(): number {
    return Math.round(this.#steadyFromMs + this.#parts.clock.monotonicMs());
  }

  /** The clock with that scale in place of the wall clock: it neither expires nor keeps by a jump. */
  get ageClock(): Clock {
    const { clock } = this.#parts;
    return {
      nowMs: () => this.steadyMs(),
      monotonicMs: () => clock.monotonicMs(),
      every: (intervalMs, tick) => clock.every(intervalMs, tick),
      after: (delayMs, act) => clock.after(delayMs, act),
    };
  }

  /** Hears the event times of readings that came now. */
  hear(readings: readonly HeardReading[]): void {
    this.look();
    const { clock } = this.#parts;
    const nowMs = clock.nowMs();
    const monotonicMs = clock.monotonicMs();
    for (const { reading, atMs } of readings) {
      this.#votes.hear(reading.id, atMs - nowMs, monotonicMs);
    }
    if (this.#votes.confirm) this.#isConfirmed = true;
  }

  /** Says of event times, as of now, what is absurd about them; undefined when nothing is. */
  judge(): (atMs: number) => string | undefined {
    const latestMs = this.latestBelievedMs ?? LATEST_READING_MS;
    return (atMs) => {
      if (!(atMs >= EARLIEST_READING_MS)) return 'its time is before the year 2000';
      return atMs > latestMs ? 'its time is ahead of the gateway’s clock' : undefined;
    };
  }

  /** Looks whether the clock was set since the last look. */
  look(): void {
    const { clock } = this.#parts;
    const offsetMs = clock.nowMs() - clock.monotonicMs();
    const byMs = offsetMs - this.#offsetMs;
    this.#offsetMs = offsetMs;
    if (Math.abs(byMs) >= LEAST_STEP_MS) this.#noteStep(byMs);
  }

  /** Whether there is something to keep that should not wait for other work. */
  get isKeepDue(): boolean {
    return this.#parts.clock.monotonicMs() - this.#keptMs >= KEEP_EVERY_MS;
  }

  /** Keeps what must outlast the process, when it is due, inside the caller's transaction. */
  keep(): void {
    if (!this.isKeepDue) return;
    const { clock, kept } = this.#parts;
    this.#keptMs = clock.monotonicMs();
    // A clock that is not trusted must not undo what was known.
    const wallMs = this.trustedNowMs ?? this.#lastSeenMs;
    const { steps, lastStep } = this.status();
    kept.write(KEPT_NAME, { wallMs, steadyMs: this.steadyMs(), steps, lastStep });
  }

  /** For the direct method `status` and the metrics. */
  status() {
    const isTrusted = this.trustedNowMs !== undefined;
    const lastStep = this.#lastStep;
    return { isTrusted, isConfirmed: this.#isConfirmed, steps: this.#steps, lastStep };
  }

  #noteStep(byMs: number): void {
    const { clock, log } = this.#parts;
    this.#steps += 1;
    this.#lastStep = { atMs: clock.nowMs(), byMs: Math.round(byMs) };
    this.#isConfirmed = false;
    this.#votes.clear();
    this.#keptMs = Number.NEGATIVE_INFINITY;
    log.warn({ bySeconds: Math.round(byMs / 1_000) }, 'the gateway’s clock was set');
  }
}

/**
 * The first of numbers that must never come again, also after an installation anew: the time in
 * milliseconds, or while the clock is not set a random number below all such times.
 */
export function firstNumber(clock: Pick<Clock, 'nowMs'>, random: number = Math.random()): number {
  const nowMs = clock.nowMs();
  return nowMs >= EARLIEST_CLOCK_MS ? nowMs : Math.floor(random * EARLIEST_CLOCK_MS);
}

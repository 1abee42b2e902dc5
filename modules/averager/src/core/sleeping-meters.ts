/**
 * Meters that are on disk alone, as far as they have windows with readings that no result has.
 *
 * Invariant: one that is due is found, at the latest when those before it have been.
 */

/** What must be known of a meter to see that it is due. */
interface Sleeper {
  /** When a reading last came, monotonic. */
  readonly heardMs: number;
  /** End of its first window with readings that no result has. */
  readonly firstEndMs: number;
}

/** When a sleeping meter is due. */
export interface WakingRule {
  /** Meters that were heard then or earlier have fallen silent. */
  readonly silentSinceMs: number;
  /** Whether no more readings can still be measured for a window. */
  hasEnded(windowEndMs: number): boolean;
}

export class SleepingMeters {
  /** Heard first comes first. */
  readonly #sleepers = new Map<string, Sleeper>();
  /** To be woken whatever the rule says. */
  #called = new Set<string>();

  /** Puts a meter to sleep. */
  add(id: string, sleeper: Sleeper): void {
    this.#sleepers.set(id, sleeper);
  }

  /** Has a meter woken that may be due for whatever reason. */
  call(id: string, heardMs: number): void {
    this.#sleepers.set(id, { heardMs, firstEndMs: Number.NEGATIVE_INFINITY });
    this.#called.add(id);
  }

  /** Has all woken. */
  callAll(): void {
    this.#called = new Set(this.#sleepers.keys());
  }

  /** The meter is in memory from now on; when it was heard, undefined if it did not sleep. */
  wake(id: string): number | undefined {
    const heardMs = this.#sleepers.get(id)?.heardMs;
    this.#sleepers.delete(id);
    this.#called.delete(id);
    return heardMs;
  }

  /** Those that are due, so many at most; they go on sleeping. */
  due(rule: WakingRule, limit: number): string[] {
    const due: string[] = [];
    for (const id of this.#called) {
      if (due.length >= limit) return due;
      due.push(id);
    }
    for (const [id, { heardMs, firstEndMs }] of this.#sleepers) {
      if (heardMs > rule.silentSinceMs || due.length >= limit) break;
      if (rule.hasEnded(firstEndMs)) due.push(id);
    }
    return due;
  }

  /** Whether any is due. */
  isDue(rule: WakingRule): boolean {
    if (this.#called.size > 0) return true;
    for (const { heardMs, firstEndMs } of this.#sleepers.values()) {
      if (heardMs > rule.silentSinceMs) return false;
      if (rule.hasEnded(firstEndMs)) return true;
    }
    return false;
  }
}

/**
 * The watches over all meters: those that were heard last in memory, the others on disk alone.
 *
 * Invariants:
 * - a watch leaves memory only after it was written as it is;
 * - a watch that waits for a reading stays in memory, because its patience is measured there.
 */
import type { Clock } from '../../shared/src/clock.ts';
import { MeterWatch, type MeterWatchOptions } from './core/meter-watch.ts';
import type { StoredWatch, WatchStore } from './watch-store.ts';

/** How a meter is to be watched. */
export type OptionsOf = (id: string) => MeterWatchOptions;

/** Five kilobytes each. */
const MOST_IN_MEMORY = 1_000;
/** Beyond that, for so many as one transaction touches between two writes. */
const MOST_TOUCHED = 500;

export class MeterWatches {
  readonly #store: WatchStore;
  readonly #clock: Clock;
  readonly #mostInMemory: number;
  /** Heard last comes last. */
  readonly #inMemory = new Map<string, MeterWatch>();
  #usedLast: MeterWatch | undefined;
  readonly #waiting = new Set<string>();
  readonly #touched = new Set<string>();
  #optionsOf: OptionsOf;

  constructor(
    store: WatchStore,
    clock: Clock,
    optionsOf: OptionsOf,
    mostInMemory = MOST_IN_MEMORY,
  ) {
    this.#store = store;
    this.#clock = clock;
    this.#optionsOf = optionsOf;
    this.#mostInMemory = mostInMemory;
    for (const { id, state } of store.waiting()) {
      this.#keep(id, state);
      this.#waiting.add(id);
    }
  }

  /** Watches in memory. */
  get inMemory(): number {
    return this.#inMemory.size;
  }

  /** Goes on with other options and what was learnt, as far as it fits. */
  configure(optionsOf: OptionsOf): void {
    this.#optionsOf = optionsOf;
    for (const [id, watch] of this.#inMemory) watch.configure(optionsOf(id));
  }

  /** The meter's watch, to be used now; a new one for a meter that was never heard. */
  use(id: string): MeterWatch {
    const known = this.#inMemory.get(id);
    if (known !== undefined && known === this.#usedLast && this.#touched.has(id)) return known;
    if (this.#touched.size >= MOST_TOUCHED) this.write();
    this.#touched.add(id);
    this.#usedLast = known ?? this.#keep(id, this.#store.read(id));
    this.#inMemory.delete(id);
    this.#inMemory.set(id, this.#usedLast);
    return this.#usedLast;
  }

  /** Ids of the meters whose readings have waited too long for others. */
  overdue(): string[] {
    const nowMs = this.#clock.monotonicMs();
    return [...this.#waiting].filter((id) => this.#inMemory.get(id)?.isOverdue(nowMs));
  }

  /** Writes what was used, and lets go of what was not for the longest time. */
  write(): void {
    for (const id of this.#touched) {
      const watch = this.#inMemory.get(id);
      if (watch === undefined) continue;
      this.#store.write(id, watch.state());
      if (watch.isWaiting) this.#waiting.add(id);
      else this.#waiting.delete(id);
    }
    this.#touched.clear();
    this.#letGo();
  }

  #letGo(): void {
    let excess = this.#inMemory.size - this.#mostInMemory;
    for (const id of this.#inMemory.keys()) {
      if (excess <= 0) return;
      if (this.#waiting.has(id)) continue;
      this.#inMemory.delete(id);
      excess -= 1;
    }
  }

  #keep(id: string, state: StoredWatch['state'] | undefined): MeterWatch {
    const watch = new MeterWatch(this.#optionsOf(id), this.#clock.monotonicMs(), state);
    this.#inMemory.set(id, watch);
    return watch;
  }
}

/**
 * Which readings of each meter were taken in: of the meters heard last in memory, of the others on
 * disk alone.
 *
 * Invariant: what is known of a meter leaves memory only after it was written as it is.
 */
import type { Reading } from '../../shared/src/wire-contract.ts';
import { SeenReadings } from './core/seen-readings.ts';
import type { ForwardStore } from './forward-store.ts';

/** Half a kilobyte each, of those that number their readings. */
const MOST_IN_MEMORY = 10_000;
/** Readings without sequence number that are remembered one by one, over all meters; a tenth of a kilobyte each. */
const MOST_OTHERS = 100_000;

export class SeenMeters {
  readonly #store: Pick<ForwardStore, 'seenOf' | 'writeMeter'>;
  readonly #mostInMemory: number;
  readonly #meters = new Map<string, SeenReadings>();
  readonly #touched = new Set<string>();
  /** Readings without sequence number that are in memory. */
  #others = 0;

  constructor(
    store: Pick<ForwardStore, 'seenOf' | 'writeMeter'>,
    mostInMemory: number = MOST_IN_MEMORY,
  ) {
    this.#store = store;
    this.#mostInMemory = mostInMemory;
  }

  /** Meters in memory. */
  get inMemory(): number {
    return this.#meters.size;
  }

  /** Notes a reading; false when it was noted before. */
  add(reading: Reading): boolean {
    const seen = this.#meter(reading.id);
    const before = seen.others;
    const isNew = seen.add(reading);
    this.#others += seen.others - before;
    if (isNew) this.#touched.add(reading.id);
    return isNew;
  }

  /** Writes what was noted, inside the caller's transaction; whether there was anything. */
  write(): boolean {
    const hasNews = this.#touched.size > 0;
    for (const id of this.#touched) {
      const seen = this.#meters.get(id);
      if (seen === undefined) continue;
      this.#store.writeMeter(id, seen.state());
      // The latest come last.
      this.#meters.delete(id);
      this.#meters.set(id, seen);
    }
    this.#touched.clear();
    this.#letGo();
    return hasNews;
  }

  #meter(id: string): SeenReadings {
    const known = this.#meters.get(id);
    if (known !== undefined) return known;
    const seen = new SeenReadings(this.#store.seenOf(id));
    this.#meters.set(id, seen);
    this.#others += seen.others;
    return seen;
  }

  /** All that is too much, or memory would grow while each transaction brings many. */
  #letGo(): void {
    for (const [id, seen] of this.#meters) {
      const isTooMuch = this.#meters.size > this.#mostInMemory || this.#others > MOST_OTHERS;
      if (!isTooMuch) return;
      this.#meters.delete(id);
      this.#others -= seen.others;
    }
  }
}

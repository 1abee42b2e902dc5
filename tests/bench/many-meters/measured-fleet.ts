/** What a large fleet measured, in columns: objects for millions of readings would not fit. */
import { inflateRawSync } from 'node:zlib';
import { openReadOnly } from '../../../simulator/wire/database.ts';

/** A reading as it travels. */
export interface FleetReading {
  readonly id: string;
  readonly time: string;
  readonly temp: number;
  readonly seq: number;
}

/** Readings of one meter that are told apart; more in a run would need more. */
const MOST_READINGS = 64;
/** Windows of one meter in a run. */
const MOST_WINDOWS = 64;

/** Adds up readings of many meters so that two sums can be compared. */
export class FleetSums {
  readonly #indexes = new Map<string, number>();
  readonly #firstSeq: Float64Array;
  readonly #seen: Uint8Array;
  readonly #sums: Uint32Array;
  readonly #windows = new Map<number, WindowSums>();
  readonly #windowMs: number;
  readings = 0;
  repeats = 0;

  constructor(meters: number, windowMs: number) {
    this.#windowMs = windowMs;
    this.#firstSeq = new Float64Array(meters);
    this.#seen = new Uint8Array(meters * MOST_READINGS);
    this.#sums = new Uint32Array(meters);
  }

  get meters(): number {
    return this.#indexes.size;
  }

  /** Adds a reading; one that was added before only counts as a repeat. */
  add({ id, time, temp, seq }: FleetReading): void {
    const index = this.indexOf(id);
    // Half of the room is for readings that come later and were numbered before.
    if (this.#firstSeq[index] === 0) this.#firstSeq[index] = seq - MOST_READINGS / 2;
    const offset = seq - (this.#firstSeq[index] ?? 0);
    if (offset < 0 || offset >= MOST_READINGS) throw new Error(`${id} has too many readings`);
    const place = index * MOST_READINGS + offset;
    if (this.#seen[place] === 1) {
      this.repeats += 1;
      return;
    }
    this.#seen[place] = 1;
    this.readings += 1;
    const atMs = Date.parse(time);
    this.#sums[index] = ((this.#sums[index] ?? 0) + fingerprint(seq, atMs, temp)) >>> 0;
    this.#addToWindow(index, atMs, temp);
  }

  /** The meters whose readings differ from another's. */
  differences(other: FleetSums): string[] {
    const ids = new Set([...this.#indexes.keys(), ...other.#indexes.keys()]);
    return [...ids].filter((id) => this.#sumOf(id) !== other.#sumOf(id));
  }

  /** Number of a meter, the same for the same id. */
  indexOf(id: string): number {
    const known = this.#indexes.get(id);
    if (known !== undefined) return known;
    const index = this.#indexes.size;
    if (index >= this.#sums.length) throw new Error(`${id} is one meter too many`);
    this.#indexes.set(id, index);
    return index;
  }

  /** Windows by their ends. */
  get windows(): ReadonlyMap<number, WindowSums> {
    return this.#windows;
  }

  #sumOf(id: string): number | undefined {
    const index = this.#indexes.get(id);
    return index === undefined ? undefined : this.#sums[index];
  }

  #addToWindow(index: number, atMs: number, temp: number): void {
    const endMs = Math.ceil(atMs / this.#windowMs) * this.#windowMs;
    let window = this.#windows.get(endMs);
    if (window === undefined) {
      if (this.#windows.size === MOST_WINDOWS) throw new Error('too many windows');
      window = new WindowSums(this.#sums.length);
      this.#windows.set(endMs, window);
    }
    window.add(index, temp);
  }
}

/** One window of all meters. */
export class WindowSums {
  readonly counts: Uint16Array;
  readonly minimums: Float64Array;
  readonly maximums: Float64Array;
  readonly totals: Float64Array;

  constructor(meters: number) {
    this.counts = new Uint16Array(meters);
    this.minimums = new Float64Array(meters).fill(Number.POSITIVE_INFINITY);
    this.maximums = new Float64Array(meters).fill(Number.NEGATIVE_INFINITY);
    this.totals = new Float64Array(meters);
  }

  add(index: number, temp: number): void {
    this.counts[index] = (this.counts[index] ?? 0) + 1;
    this.minimums[index] = Math.min(this.minimums[index] ?? temp, temp);
    this.maximums[index] = Math.max(this.maximums[index] ?? temp, temp);
    this.totals[index] = (this.totals[index] ?? 0) + temp;
  }
}

/** Adds up the journal of the virtual meters, message by message. */
export function addJournal(path: string, sums: FleetSums): { spikesAndDips: number } {
  const database = openReadOnly(path);
  let spikesAndDips = 0;
  try {
    for (const content of database.prepare('SELECT content FROM journal').pluck().iterate()) {
      const { readings, injected } = JSON.parse(inflateRawSync(content as Buffer).toString()) as {
        readings: FleetReading[];
        injected: Record<string, string>;
      };
      for (const reading of readings) sums.add(reading);
      spikesAndDips += Object.keys(injected).length;
    }
  } finally {
    database.close();
  }
  return { spikesAndDips };
}

/** Thirty-two bits of everything that makes a reading what it is. */
function fingerprint(seq: number, atMs: number, temp: number): number {
  let hash = 0x811c9dc5;
  for (const number of [seq, atMs, Math.round(temp * 100)]) {
    hash = Math.imul(hash ^ (number % 65_536), 0x01000193);
    hash = Math.imul(hash ^ Math.floor(number / 65_536), 0x01000193);
  }
  return (hash ^ (hash >>> 15)) >>> 0;
}

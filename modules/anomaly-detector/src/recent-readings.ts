/**
 * A meter's latest readings as they are stored: times as numbers, which take a third of the room.
 *
 * Invariant: what comes out is what went in, text for text.
 */
import { z } from 'zod';
import { InstantWriter, plainInstantMs } from '../../shared/src/instant.ts';

/** Time and temperature, oldest first. */
export type RecentReadings = readonly (readonly [string, number])[];

/** Readings in pairs; or numbers: of times of which form, the first time, its temperature, a step, … */
const Stored = z.union([z.array(z.tuple([z.string(), z.number()])), z.array(z.number())]);
type Stored = z.infer<typeof Stored>;

/** As they are read from a database. */
export const StoredRecentReadings = Stored.transform((recent) => fromStored(recent));

const WITH_MILLISECONDS = 24;

/** The readings to be stored: as numbers if all times are written in the same one of two forms. */
export function storedRecentReadings(recent: RecentReadings): Stored {
  const pairs = recent.map(([time, temp]): [string, number] => [time, temp]);
  const length = recent[0]?.[0].length;
  const numbers: number[] = [Number(length === WITH_MILLISECONDS)];
  let lastMs = 0;
  for (const [time, temp] of recent) {
    const atMs = time.length === length ? plainInstantMs(time) : undefined;
    if (atMs === undefined) return pairs;
    numbers.push(atMs - lastMs, temp);
    lastMs = atMs;
  }
  return numbers;
}

function fromStored(recent: Stored): [string, number][] {
  const pairs: [string, number][] = [];
  const writer = new InstantWriter();
  let hasMilliseconds = false;
  let atMs = 0;
  for (const [index, entry] of recent.entries()) {
    if (typeof entry !== 'number') pairs.push(entry);
    else if (index === 0) hasMilliseconds = entry === 1;
    else if (index % 2 === 1) atMs += entry;
    else pairs.push([writer.write(atMs, hasMilliseconds), entry]);
  }
  return pairs;
}

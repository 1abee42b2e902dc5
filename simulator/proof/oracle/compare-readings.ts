/** Every reading is in the archive, once after removing repeats by identity, and nothing else is. */
import { Problems, type Comparison } from './comparison.ts';
import type { MeasuredMeter } from './measured.ts';
import type { ArchivedReading } from './observed.ts';

/** Compares the archive with what was measured. */
export function compareReadings(
  meters: readonly MeasuredMeter[],
  archive: readonly ArchivedReading[],
): Comparison {
  const found = new Map<string, ArchivedReading>();
  const problems = new Problems();
  for (const row of archive) {
    const identity = `${row.id}/${row.seq}`;
    const earlier = found.get(identity);
    if (earlier !== undefined && (earlier.temp !== row.temp || earlier.time !== row.time)) {
      problems.add(`reading ${identity} is in the archive with two values`);
    }
    found.set(identity, row);
  }
  const count = found.size;
  const measured = meters.flatMap(({ id, readings }) => readings.map((of) => ({ id, ...of })));
  for (const { id, seq, time, temp, atMs } of measured) {
    const identity = `${id}/${seq}`;
    const row = found.get(identity);
    found.delete(identity);
    if (row === undefined) problems.add(`reading ${identity} of ${time} is lost`);
    else if (row.temp !== temp || Date.parse(row.time) !== atMs) {
      problems.add(`reading ${identity} is ${row.temp} at ${row.time}, not ${temp} at ${time}`);
    }
  }
  for (const identity of found.keys()) problems.add(`nobody measured reading ${identity}`);
  return { what: 'readings', expected: measured.length, found: count, problems: problems.list() };
}

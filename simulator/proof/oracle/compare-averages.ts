/** Every closed window has its average, the last revision counts, and there are no other windows. */
import { Problems, type Comparison } from './comparison.ts';
import type { ExpectedWindow } from './expected-windows.ts';
import type { ObservedAverage } from './observed.ts';

/** A query adds in the order of arrival, so the last digits of its mean may differ. */
const QUERY_MEAN_TOLERANCE = 1e-9;

/** Compares the hub of averages with the windows expected. */
export function compareAverages(
  windows: readonly ExpectedWindow[],
  averages: readonly ObservedAverage[],
): Comparison {
  const problems = new Problems();
  const last = lastRevisions(averages, problems);
  const found = last.size;
  let open = 0;
  for (const window of windows) {
    const key = `${window.id} ${new Date(window.endMs).toISOString()}`;
    const average = last.get(key);
    last.delete(key);
    if (average === undefined) {
      if (window.isClosed) problems.add(`window ${key} has no average`);
      else open += 1;
    } else if (!isEqual(window, average, window.isDirect ? QUERY_MEAN_TOLERANCE : 0)) {
      problems.add(`window ${key} is ${describe(average)}, not ${describe(window)}`);
    }
  }
  for (const key of last.keys()) problems.add(`no reading belongs to window ${key}`);
  return { what: 'averages', expected: windows.length - open, found, problems: problems.list() };
}

/** The valid result of each window. */
function lastRevisions(
  averages: readonly ObservedAverage[],
  problems: Problems,
): Map<string, ObservedAverage> {
  const last = new Map<string, ObservedAverage>();
  for (const average of averages) {
    const key = `${average.id} ${new Date(average.windowEndMs).toISOString()}`;
    const earlier = last.get(key);
    if (earlier?.revision === average.revision && !isEqual(earlier, average)) {
      problems.add(`window ${key} has two results of revision ${average.revision}`);
    }
    if (earlier === undefined || average.revision >= earlier.revision) last.set(key, average);
  }
  return last;
}

type WindowValues = Pick<ExpectedWindow, 'average' | 'minimum' | 'maximum' | 'count'>;

function isEqual(one: WindowValues, other: WindowValues, tolerance = 0): boolean {
  return (
    one.count === other.count &&
    one.minimum === other.minimum &&
    one.maximum === other.maximum &&
    Math.abs(one.average - other.average) <= tolerance
  );
}

function describe({ average, minimum, maximum, count }: WindowValues): string {
  return `${average} (${minimum} to ${maximum}, ${count} readings)`;
}

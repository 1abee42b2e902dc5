/** The tables once more, worked out from the journal alone. */
import { exactMean } from '../../../simulator/proof/oracle/exact-mean.ts';
import { readJournal } from '../../../simulator/proof/oracle/measured.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** 1970-01-05, a Monday. */
const MONDAY_MS = 4 * DAY_MS;

/** Start of a period, epoch milliseconds. */
const PERIODS: Readonly<Record<string, (atMs: number) => number>> = {
  hourly: (atMs) => atMs - (atMs % HOUR_MS),
  daily: (atMs) => atMs - (atMs % DAY_MS),
  weekly: (atMs) => atMs - ((atMs - MONDAY_MS) % (7 * DAY_MS)),
  monthly: (atMs) => Date.UTC(new Date(atMs).getUTCFullYear(), new Date(atMs).getUTCMonth()),
};

/** Count, minimum, mean and maximum. */
export type Figures = readonly [count: number, minimum: number, mean: number, maximum: number];

export interface JournalTables {
  /** Time, epoch milliseconds, and temperature by `id seq`. */
  readonly readings: ReadonlyMap<string, readonly [atMs: number, temp: number]>;
  /** By the name of the period's table, figures by `id startMs`. */
  readonly periods: ReadonlyMap<string, ReadonlyMap<string, Figures>>;
  /** Figures by id. */
  readonly meters: ReadonlyMap<string, Figures>;
}

/** Reads the journal. */
export function tablesFromJournal(path: string): JournalTables {
  const measured = readJournal(path).flatMap(({ id, readings }) =>
    readings.map((reading) => ({ id, ...reading })),
  );
  const grouped = (keyOf: (reading: (typeof measured)[number]) => string) => {
    const groups = new Map<string, number[]>();
    for (const reading of measured) {
      const group = groups.get(keyOf(reading));
      if (group === undefined) groups.set(keyOf(reading), [reading.temp]);
      else group.push(reading.temp);
    }
    return new Map([...groups].map(([key, temps]) => [key, figuresOf(temps)]));
  };
  return {
    readings: new Map(
      measured.map(({ id, seq, atMs, temp }) => [`${id} ${seq}`, [atMs, temp] as const]),
    ),
    periods: new Map(
      Object.entries(PERIODS).map(([table, startOf]) => [
        table,
        grouped(({ id, atMs }) => `${id} ${startOf(atMs)}`),
      ]),
    ),
    meters: grouped(({ id }) => id),
  };
}

function figuresOf(temps: readonly number[]): Figures {
  const sorted = temps.toSorted((one, other) => one - other);
  return [temps.length, sorted[0] ?? Number.NaN, exactMean(temps), sorted.at(-1) ?? Number.NaN];
}

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { describe, it } from 'mocha';
import { readingIdentity, type Reading } from '../../../../modules/shared/src/wire-contract.ts';
import { SampleArchive } from './sample-archive.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** 1970-01-01 was a Thursday, three days after a Monday. */
const MONDAY_MS = 4 * DAY_MS;

const PERIODS: Readonly<Record<string, (atMs: number) => number>> = {
  hourly: (atMs) => Math.floor(atMs / HOUR_MS) * HOUR_MS,
  daily: (atMs) => Math.floor(atMs / DAY_MS) * DAY_MS,
  weekly: (atMs) => Math.floor((atMs - MONDAY_MS) / (7 * DAY_MS)) * 7 * DAY_MS + MONDAY_MS,
  monthly: (atMs) => Date.UTC(new Date(atMs).getUTCFullYear(), new Date(atMs).getUTCMonth()),
};

/** A meter sends seq always or never. Values of a seq follow from it, as they do where they are made. */
const AnyReading: fc.Arbitrary<Reading> = fc
  .record({
    meter: fc.nat(3),
    seq: fc.nat(60),
    minutes: fc.integer({ min: 0, max: 60 * 24 * 40 }),
    temp: fc.integer({ min: -20_000, max: 20_000 }).map((hundredths) => hundredths / 100),
  })
  .map(({ meter, seq, minutes, temp }) => {
    const numbered = meter % 2 === 0;
    const time = (each: number) => new Date(Date.UTC(2026, 0, 20) + each * 60_000).toISOString();
    return numbered
      ? { id: `M${meter}`, seq, time: time(seq * 977), temp: seq / 4 - 3 }
      : { id: `M${meter}`, time: time(minutes - (minutes % 500)), temp: Math.round(temp / 50) + 0 };
  });

describe('aggregates', function () {
  this.timeout(60_000);

  it('are those of the distinct readings, whichever files and runs they came in', async () => {
    const runs = fc.array(fc.array(fc.array(AnyReading, { maxLength: 20 }), { maxLength: 3 }), {
      minLength: 1,
      maxLength: 3,
    });
    await fc.assert(fc.asyncProperty(runs, agreesWithModel), { numRuns: 4 });
  });
});

async function agreesWithModel(runs: readonly (readonly (readonly Reading[])[])[]): Promise<void> {
  const archive = await SampleArchive.make();
  try {
    await archive.write('none.csv', 'id,time,temp,seq\n');
    for (const [run, files] of runs.entries()) {
      for (const [file, readings] of files.entries()) {
        await archive.write(`${run}-${file}.csv`, csvOf(readings));
      }
      await archive.run();
    }
    const distinct = new Map(runs.flat(2).map((reading) => [readingIdentity(reading), reading]));
    for (const [table, startOf] of Object.entries(PERIODS)) {
      const rows = await archive.query(
        `SELECT *, epoch_ms(period_start) AS "startMs" FROM ${table}`,
      );
      const found = new Map(
        rows.map((row) => [
          `${String(row['id'])} ${String(row['startMs'])}`,
          [Number(row['count']), row['minimum'], row['average'], row['maximum']],
        ]),
      );
      assert.deepEqual(found, modelOf(distinct, startOf), table);
    }
  } finally {
    await archive.remove();
  }
}

function modelOf(
  readings: ReadonlyMap<string, Reading>,
  startOf: (atMs: number) => number,
): Map<string, number[]> {
  const groups = new Map<string, number[]>();
  for (const { id, time, temp } of readings.values()) {
    const key = `${id} ${startOf(Date.parse(time))}`;
    groups.set(key, [...(groups.get(key) ?? []), temp]);
  }
  return new Map(
    [...groups].map(([key, temps]) => {
      // Quarters of a degree and whole ones add up without rounding.
      const sum = temps.reduce((total, temp) => total + temp, 0);
      return [key, [temps.length, Math.min(...temps), sum / temps.length, Math.max(...temps)]];
    }),
  );
}

function csvOf(readings: readonly Reading[]): string {
  const lines = readings.map(({ id, time, temp, seq }) => `${id},${time},${temp},${seq ?? ''}`);
  return ['id,time,temp,seq', ...lines, ''].join('\n');
}

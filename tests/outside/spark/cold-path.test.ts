import assert from 'node:assert/strict';
import { appendFile, cp, readdir, readFile, utimes, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { after, before, describe, it } from 'mocha';
import { z } from 'zod';
import { folderArchive } from '../../../simulator/commands/cold-path/folder-archive.ts';
import { DATABASE_FILE, runColdPath } from '../../../simulator/commands/cold-path/run-cold-path.ts';
import { HEADER, lineOf, SQL_FOLDER } from '../../simulator/commands/cold-path/sample-archive.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import { tablesFromJournal, type Figures } from './from-journal.ts';
import { startNotebook, type NotebookAnswer, type SparkNotebook } from './notebook.ts';
import { journalOf, MALFORMED_BODIES, ProducedArchive } from './produced-archive.ts';

const METERS = Array.from({ length: 10 }, (_, index) => `Meter${String(index).padStart(2, '0')}`);
const START_MS = Date.UTC(2026, 1, 28, 21);
const DAY_MS = 86_400_000;
const READINGS_EACH = 2_000;
/** Of a temperature, degrees Fahrenheit: two ways to round a mean. */
const CLOSE_F = 1e-9;

/** Columns of the tables that are compared; instants are microseconds. */
const PERIOD = 'id, epoch_us(period_start), count, minimum, average, maximum, total';
const COLUMNS: Readonly<Record<string, string>> = {
  archive_lines: 'file, line, text, bytes',
  archive_files: 'file, size, epoch_us(modified), records',
  readings: 'id, seq, epoch_us(time), temp, gateway, file, line',
  rejects: 'file, line, reason, text',
  hourly: PERIOD,
  daily: PERIOD,
  weekly: PERIOD,
  monthly: PERIOD,
  device_summary: 'id, count, average',
};

type Rows = NotebookAnswer['tables'][string];
const DuckRows = z.array(z.array(z.union([z.string(), z.number(), z.null()])));

describe('the notebook on Spark', function () {
  this.timeout(300_000);
  let test: TestSettings;
  let produced: ProducedArchive;
  let notebook: SparkNotebook;
  let folder: string;
  const path = (name: string) => join(folder, name);

  before(async () => {
    test = await testSettings();
    folder = test.settings.stateFolder;
    const python = join(process.env['PYTHON_ENVIRONMENT'] ?? '', 'bin/python');
    [produced, notebook] = await Promise.all([
      ProducedArchive.start(test.settings),
      startNotebook(folder, python),
    ]);
  });

  after(async () => {
    await notebook?.stop();
    await produced?.stop();
    await test.cleanup();
  });

  /** What the notebook's last run left. */
  let latest: NotebookAnswer = { tables: {}, versions: {}, shown: 0 };
  const run = async (checkpoints = 'checkpoints') => {
    latest = await notebook.run(path('archive'), path(checkpoints));
    return latest;
  };

  /** The same files on DuckDB; every table must be the same. */
  async function compareWithDuckDb(spark: NotebookAnswer): Promise<void> {
    await runColdPath({
      archive: folderArchive(path('archive')),
      folder: path('tables'),
      sqlFolder: SQL_FOLDER,
      fresh: false,
      say: () => undefined,
    });
    const instance = await DuckDBInstance.create(path(join('tables', DATABASE_FILE)));
    const connection = await instance.connect();
    try {
      for (const [table, columns] of Object.entries(COLUMNS)) {
        const reader = await connection.runAndReadAll(`SELECT ${columns} FROM ${table}`);
        const duck = DuckRows.parse(reader.getRowsJson());
        assert.deepEqual(sorted(spark.tables[table] ?? []), sorted(duck), table);
      }
    } finally {
      connection.closeSync();
      instance.closeSync();
    }
  }

  /** The journal knows only what was measured; `others` are ids that came from elsewhere. */
  function compareWithJournal({ tables }: NotebookAnswer): void {
    const expected = tablesFromJournal(journalOf(test.settings));
    const own = (table: string) =>
      (tables[table] ?? []).filter(([id]) => METERS.includes(String(id)));
    const readings = own('readings').map(([id, seq, atUs, temp]) => [
      `${String(id)} ${String(seq)}`,
      [Number(atUs) / 1_000, temp],
    ]);
    assert.equal(readings.length, expected.readings.size);
    assert.deepEqual(new Map(readings as [string, unknown][]), expected.readings);
    for (const [table, figures] of expected.periods) {
      const found = own(table).map(([id, startUs, count, minimum, mean, maximum]) => [
        `${String(id)} ${Number(startUs) / 1_000}`,
        [count, minimum, mean, maximum].map(Number),
      ]);
      closeTo(new Map(found as [string, number[]][]), figures);
    }
    const summary = own('device_summary').map(([id, count, average]) => [
      id,
      [count, Number.NaN, average, Number.NaN].map(Number),
    ]);
    closeTo(new Map(summary as [string, number[]][]), expected.meters);
  }

  it('makes of 20,000 readings the tables that DuckDB makes, and the journal', async () => {
    for (const [index, meter] of METERS.entries()) {
      // Some meters are days late: their readings belong to other weeks and months.
      const fromMs = START_MS + (index % 3) * DAY_MS;
      await produced.measure({ meter, fromMs, count: READINGS_EACH });
    }
    await produced.send(MALFORMED_BODIES);
    await produced.copyTo(path('archive'));
    await writeFile(path('archive/by-hand.csv'), malformedFile());
    const answer = await run();

    const { readings = [], rejects = [], archive_files: files = [] } = answer.tables;
    assert.ok(readings.length >= METERS.length * READINGS_EACH);
    assert.equal(
      rejects.filter(([file]) => file !== 'by-hand.csv').length,
      MALFORMED_BODIES.length,
    );
    assert.deepEqual(
      new Set(rejects.flatMap(([file, line]) => (file === 'by-hand.csv' ? [line] : []))),
      new Set([3, 4, 7]),
    );
    const byHand = files.find(([file]) => file === 'by-hand.csv');
    const records = files.reduce((sum, file) => sum + Number(file[3]), 0);
    assert.equal(records - Number(byHand?.[3]), produced.sent);
    compareWithJournal(answer);
    await compareWithDuckDb(answer);
  });

  it('changes nothing when it runs again', async () => {
    const before = latest;
    assert.deepEqual(await run(), before);
  });

  it('adds what came late, and nothing twice', async () => {
    await produced.restartJobs();
    for (const meter of METERS.slice(0, 3)) {
      await produced.measure({ meter, fromMs: START_MS - 40 * DAY_MS, count: 300 });
      await produced.repeat(meter, 700);
    }
    await produced.copyTo(path('archive'));
    await cp(path('archive/by-hand.csv'), path('archive/by-hand-once-more.csv'));
    const answer = await run();
    assert.equal(
      answer.tables['readings']?.filter(([id]) => METERS.includes(String(id))).length,
      METERS.length * READINGS_EACH + 900,
    );
    compareWithJournal(answer);
    await compareWithDuckDb(answer);
  });

  it('reads grown files again, and with them only what they have grown by', async () => {
    const before = latest;
    const names = await readdir(path('archive'), { recursive: true });
    const touched = new Date(Date.now() + 5_000);
    for (const name of names.filter((each) => each.endsWith('.csv'))) {
      await utimes(path(join('archive', name)), touched, touched);
    }
    await appendFile(path('archive/by-hand.csv'), lineOf(9_999, 75.5, 'Lab01'));
    await utimes(path('archive/by-hand.csv'), touched, touched);
    // Spark's own file source does not find a file twice, as Auto Loader does: a new one finds all.
    const answer = await run('other-checkpoints');
    for (const table of ['hourly', 'readings']) {
      assert.equal(answer.tables[table]?.length, (before.tables[table]?.length ?? 0) + 1);
    }
    assert.deepEqual(answer.tables['rejects']?.length, before.tables['rejects']?.length);
    compareWithJournal(answer);
    await compareWithDuckDb(answer);
  });

  it('draws the averages', async () => {
    const picture = await readFile(notebook.picture);
    assert.equal(picture.subarray(1, 4).toString(), 'PNG');
    assert.ok(picture.length > 5_000);
  });
});

/** A mark, quotes, bytes and line ends as only a person makes them; lines 3, 4 and 7 are wrong. */
function malformedFile(): Uint8Array {
  return Buffer.concat([
    Buffer.from(`\uFEFF${HEADER}${lineOf(1, 70.25, 'Lab01')}`),
    Buffer.from('"Lab01,2026-01-01T00:00:00Z,70,1,,\n'),
    Buffer.from([0x4c, 0xff, 0x2c, 0x0a]),
    Buffer.from(lineOf(2, '7.05e1', '"Lab\n""01"""').replaceAll('\r', '')),
    Buffer.from('Lab01,2026-02-30T00:00:00Z,70,3,,\r\n'),
    Buffer.from('\r\n'),
    Buffer.from(lineOf(4, 12_345.678901234567, 'Lab02')),
    Buffer.from(lineOf(5, 0.1, 'Lab02') + lineOf(6, 0.2, 'Lab02')),
  ]);
}

/** As texts in one order; numbers that JSON has as texts are numbers again. */
function sorted(rows: Rows): string[] {
  return rows
    .map((row) => JSON.stringify(row.map((value) => (value === null ? null : String(value)))))
    .toSorted();
}

function closeTo(
  found: ReadonlyMap<string, readonly number[]>,
  expected: ReadonlyMap<string, Figures>,
): void {
  assert.deepEqual([...found.keys()].toSorted(), [...expected.keys()].toSorted());
  for (const [key, figures] of expected) {
    for (const [place, figure] of figures.entries()) {
      const value = found.get(key)?.[place] ?? Number.POSITIVE_INFINITY;
      if (!Number.isNaN(value)) assert.ok(Math.abs(value - figure) < CLOSE_F, `${key}: ${value}`);
    }
  }
}

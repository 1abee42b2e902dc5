import assert from 'node:assert/strict';
import { existsSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { BlobServiceClient } from '@azure/storage-blob';
import { afterEach, beforeEach, describe, it } from 'mocha';
import type { Archive } from '../../../../simulator/commands/cold-path/archive.ts';
import { ColdPathError } from '../../../../simulator/commands/cold-path/cold-path-error.ts';
import { folderArchive } from '../../../../simulator/commands/cold-path/folder-archive.ts';
import {
  DATABASE_FILE,
  type ColdPathResult,
} from '../../../../simulator/commands/cold-path/run-cold-path.ts';
import { parseColdPathOptions } from '../../../../simulator/commands/cold-path/options.ts';
import { coldPathSummary } from '../../../../simulator/commands/cold-path/summary.ts';
import { RESULT_TABLES } from '../../../../simulator/commands/cold-path/tables.ts';
import { storageConnectionString } from '../../../../simulator/wire/connection-strings.ts';
import { startAzurite } from '../../../support/azurite.ts';
import { testSettings } from '../../../support/settings.ts';
import { HEADER, lineOf, SampleArchive } from './sample-archive.ts';

describe('cold path', function () {
  this.timeout(20_000);
  let archive: SampleArchive;

  beforeEach(async () => {
    archive = await SampleArchive.make();
  });

  afterEach(() => archive.remove());

  const everything = async () => {
    const tables = RESULT_TABLES.filter((table) => table !== 'archive_files');
    return Promise.all(tables.map((table) => archive.query(`SELECT * FROM ${table} ORDER BY ALL`)));
  };
  const counts = ({ records, repeats, sizes }: ColdPathResult) => ({
    records,
    repeats,
    rejects: sizes.get('rejects'),
    readings: sizes.get('readings'),
  });

  it('reads a file once, and again when it has grown', async () => {
    await archive.write('a.csv', HEADER + lineOf(1));
    assert.equal((await archive.run()).takenIn, 1);
    assert.equal((await archive.run()).takenIn, 0);
    await archive.write('a.csv', HEADER + lineOf(1) + lineOf(2) + lineOf(3, 'hot'));
    const grown = await archive.run();
    assert.equal(grown.takenIn, 1);
    assert.deepEqual(counts(grown), { records: 3, repeats: 0, rejects: 1, readings: 2 });
  });

  it('forgets a reject when its file is mended', async () => {
    await archive.write('a.csv', `${HEADER}${lineOf(1, 'x')}${lineOf(2)}`);
    await archive.run();
    await archive.write('a.csv', `${HEADER}${lineOf(1, 71)}`);
    assert.deepEqual(await archive.rejects(), ['a.csv:2 temp is not a number']);
    await archive.run();
    assert.deepEqual(await archive.rejects(), []);
  });

  it('counts a reading once, however often and wherever it is archived', async () => {
    await archive.write('a.csv', HEADER + lineOf(1) + lineOf(2) + lineOf(1));
    await archive.write('b.csv', HEADER + lineOf(2) + lineOf(3));
    assert.deepEqual(counts(await archive.run()), {
      records: 5,
      repeats: 2,
      rejects: 0,
      readings: 3,
    });
    await archive.write('late.csv', HEADER + lineOf(2) + lineOf(4, 80));
    await archive.run();
    const [summary] = await archive.query('SELECT * FROM device_summary');
    assert.deepEqual(summary, { id: 'Meter01', count: '4', average: 72.5 });
  });

  it('keeps readings apart that share their time, and those without seq that differ', async () => {
    const time = '2026-01-01T00:00:00Z';
    await archive.write('a.csv', `id,time,temp,seq\nA,${time},70,1\nA,${time},70,2\n`);
    await archive.write('b.csv', `id,time,temp\nB,${time},70\nB,${time},70.0\nB,${time},71\n`);
    assert.deepEqual(counts(await archive.run()), {
      records: 5,
      repeats: 1,
      rejects: 0,
      readings: 4,
    });
  });

  it('rejects a record that contradicts a reading with its id and seq', async () => {
    await archive.write('a.csv', HEADER + lineOf(1, 70));
    await archive.run();
    await archive.write('b.csv', HEADER + lineOf(1, 99));
    await archive.run();
    assert.deepEqual(await archive.rejects(), ['b.csv:2 another reading has this id and seq']);
  });

  it('gives the same tables from one run over all files as from a run after each', async () => {
    const parts = [1, 2, 3].map((part) =>
      [0, 1, 2, 3].map((place) => lineOf(part * 50_000 + place * 300, 60.1 + place, `M${place}`)),
    );
    for (const [index, part] of parts.entries()) {
      await archive.write(`${index}.csv`, HEADER + part.join(''));
      await archive.run();
    }
    const inParts = await everything();
    await archive.run({ fresh: true });
    assert.deepEqual(await everything(), inParts);
  });

  it('counts periods by the calendar in UTC, weeks from Monday', async () => {
    const row = (time: string, temp: number) => `M,${time},${temp},\n`;
    await archive.write(
      'a.csv',
      `id,time,temp,seq\n${row('2026-02-28T23:59:59.999Z', 1)}${row('2026-03-01T00:00:00Z', 2)}` +
        `${row('2026-03-02T00:30:00+01:00', 4)}${row('2026-03-02T00:00:00Z', 8)}`,
    );
    await archive.run();
    const starts = async (table: string) =>
      (await archive.query(`SELECT * FROM ${table} ORDER BY period_start`)).map(
        ({ period_start: start, count, minimum, average, maximum }) =>
          `${start} ${count}: ${minimum} ${average} ${maximum}`,
      );
    assert.deepEqual(await starts('daily'), [
      '2026-02-28 00:00:00 1: 1 1 1',
      '2026-03-01 00:00:00 2: 2 3 4',
      '2026-03-02 00:00:00 1: 8 8 8',
    ]);
    assert.deepEqual(await starts('weekly'), [
      '2026-02-23 00:00:00 3: 1 2.3333333333333335 4',
      '2026-03-02 00:00:00 1: 8 8 8',
    ]);
    assert.deepEqual(await starts('monthly'), [
      '2026-02-01 00:00:00 1: 1 1 1',
      '2026-03-01 00:00:00 3: 2 4.666666666666667 8',
    ]);
  });

  it('writes each result as Parquet', async () => {
    await archive.write('a.csv', HEADER + lineOf(1) + lineOf(2));
    await archive.run();
    for (const table of RESULT_TABLES) {
      const path = join(archive.tables, 'parquet', `${table}.parquet`);
      const same = `(SELECT * FROM ${table} EXCEPT SELECT * FROM '${path}')`;
      assert.deepEqual(await archive.query(`SELECT count(*)::INT AS n FROM ${same}`), [{ n: 0 }]);
      assert.ok(!existsSync(`${path}.unfinished`));
    }
  });

  it('reads the container of the local system with Microsoft’s client', async () => {
    const { settings, cleanup } = await testSettings();
    const azurite = await startAzurite(settings);
    try {
      // As the running system leaves it: where to read when nothing is said.
      await writeFile(join(settings.stateFolder, 'settings.json'), JSON.stringify(settings));
      const source = parseColdPathOptions(['--state', settings.stateFolder], {})?.archive;
      assert.ok(source);
      const connectionString = storageConnectionString(settings);
      await assert.rejects(archive.run({ archive: source }), /There is no http.*\/archive/);
      const service = BlobServiceClient.fromConnectionString(connectionString);
      const container = service.getContainerClient('archive');
      await container.create();
      const text = HEADER + lineOf(1) + lineOf(2);
      await container.getBlockBlobClient('readings/2026/a.csv').upload(text, text.length);
      await container.getBlockBlobClient('notes.txt').upload('x', 1);
      const result = await archive.run({ archive: source });
      assert.deepEqual(counts(result), { records: 2, repeats: 0, rejects: 0, readings: 2 });
      assert.doesNotMatch(coldPathSummary(result), /notes|AccountKey/);
      assert.equal((await archive.run({ archive: source })).takenIn, 0);
    } finally {
      await azurite.stop();
      await cleanup();
    }
  });

  it('goes on after a file that could not be read', async () => {
    await archive.write('a.csv', HEADER + lineOf(1));
    await archive.write('b.csv', HEADER + lineOf(2));
    const files = folderArchive(archive.files);
    const broken: Archive = {
      ...files,
      read: (file) =>
        file.name === 'b.csv' ? Promise.reject(new Error('line cut')) : files.read(file),
    };
    await assert.rejects(archive.run({ archive: broken }), /b\.csv cannot be read: line cut/);
    assert.deepEqual(counts(await archive.run()), {
      records: 2,
      repeats: 0,
      rejects: 0,
      readings: 2,
    });
  });

  it('does not mix two archives in one set of tables', async () => {
    await archive.write('a.csv', HEADER + lineOf(1));
    await archive.run();
    await assert.rejects(archive.run({ archive: folderArchive(archive.folder) }), (error) => {
      assert.ok(error instanceof ColdPathError);
      assert.equal(error.code, 'TABLES');
      assert.match(error.message, /--fresh/);
      return true;
    });
  });

  it('says what cannot be read, and what to do about it', async () => {
    await archive.write('a.csv', HEADER);
    await assert.rejects(
      archive.run({ archive: folderArchive(join(archive.folder, 'nowhere')) }),
      /nowhere cannot be read .*Name a folder/,
    );
    await archive.run();
    const path = join(archive.tables, DATABASE_FILE);
    await writeFile(path, 'no database');
    await assert.rejects(archive.run(), /cannot be used.*--fresh/);
    assert.equal((await archive.run({ fresh: true })).records, 0);
  });
});

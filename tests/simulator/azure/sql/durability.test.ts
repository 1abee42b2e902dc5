import assert from 'node:assert/strict';
import { fork, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import mssql from 'mssql';
import { afterEach, beforeEach, describe, it } from 'mocha';
import { ensureCertificates } from '../../../../simulator/wire/certificates.ts';
import { sqlClientConfig } from '../../../../simulator/wire/sql-connection.ts';
import { compiled } from '../../../support/compiled.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';
import { averagesTable, rowsOf, startTestSql } from '../../../support/sql.ts';

const MAIN = compiled('simulator/azure/sql/main.ts');

describe('the state of the local Azure SQL', function () {
  this.timeout(40_000);
  let test: TestSettings;
  let child: ChildProcess | undefined;
  let caPem: string;

  beforeEach(async () => {
    test = await testSettings();
    ({ caPem } = await ensureCertificates(test.settings));
    await writeFile(settingsPath(), JSON.stringify(test.settings));
  });

  afterEach(async () => {
    child?.kill('SIGKILL');
    await test.cleanup();
  });

  const settingsPath = () => join(test.settings.stateFolder, 'settings.json');

  const start = async (): Promise<unknown> => {
    child = fork(MAIN, [settingsPath()], { execArgv: [], stdio: 'ignore' });
    const [message] = (await once(child, 'message')) as [unknown];
    return message;
  };
  const kill = async () => {
    if (child === undefined || child.signalCode !== null) return;
    const ended = once(child, 'exit');
    child.kill('SIGKILL');
    await ended;
  };
  const connect = () =>
    new mssql.ConnectionPool(sqlClientConfig(test.settings, 'administrator', caPem)).connect();

  it('holds every committed row after kill -9, whenever it comes, and none of a transaction', async () => {
    let acknowledged = 0;
    for (let round = 0; round < 3; round += 1) {
      await start();
      const pool = await connect();
      pool.on('error', () => undefined);
      const transaction = pool.transaction();
      await transaction.begin();
      await transaction.request().bulk(averagesTable([{ id: 'open', window: round + 1 }]));
      await transaction.rollback();
      const writing = (async () => {
        for (;;) {
          await pool
            .request()
            .input('end', mssql.DateTime2(3), new Date((acknowledged + 1) * 300_000))
            .query(`INSERT INTO dbo.averages (id, windowStart, windowEnd, average, minimum, maximum, [count], revision)
              VALUES (N'safe', @end, @end, 1, 1, 1, 1, 0)`);
          acknowledged += 1;
          if (acknowledged % 10 === 0) void kill();
        }
      })();
      await assert.rejects(writing);
      await pool.close();
      await kill();
    }
    await start();
    const pool = await connect();
    const windows = await rowsOf(
      pool,
      `SELECT id, COUNT(*) AS n, COUNT(DISTINCT windowEnd) AS windows,
         DATEDIFF(minute, '1970-01-01T00:00:00', MAX(windowEnd)) / 5 AS last
       FROM dbo.averages GROUP BY id`,
    );
    await pool.close();
    const [{ n = 0, windows: distinct, last } = {}] = windows;
    assert.equal(windows.length, 1);
    assert.ok(
      Number(n) >= acknowledged && Number(n) <= acknowledged + 1,
      `${Number(n)} of ${acknowledged}`,
    );
    assert.deepEqual([distinct, last], [n, n]);
  });

  it('says which file is damaged, and what to do', async () => {
    const folder = join(test.settings.stateFolder, 'sql');
    await mkdir(folder);
    await writeFile(join(folder, 'smart-meters.duckdb'), 'no database '.repeat(1_000));
    const message = JSON.stringify(await start());
    assert.match(message, /smart-meters\.duckdb cannot be used: .*npm start -- --fresh/s);
  });

  it('is there after an orderly restart, with what was done to its schema', async () => {
    const sql = await startTestSql();
    const before = await sql.connect();
    await before.request().query('CREATE TABLE dbo.kept (n int NOT NULL PRIMARY KEY)');
    await before.request().query('INSERT INTO dbo.kept (n) VALUES (1)');
    await sql.restart();
    assert.deepEqual(await rowsOf(await sql.connect(), 'SELECT n FROM dbo.kept'), [{ n: 1 }]);
    await sql.stop();
  });
});

import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import {
  averagesTable,
  errorNumber,
  rowsOf,
  startTestSql,
  type TestSql,
} from '../../../support/sql.ts';

describe('users of the local Azure SQL', function () {
  this.timeout(20_000);
  let sql: TestSql;

  before(async () => {
    sql = await startTestSql();
  });

  after(() => sql.stop());

  it('write telemetry as the jobs do, and nothing else', async () => {
    const pool = await sql.connect('stream-analytics');
    await pool.request().bulk(averagesTable([{ id: 'a', window: 1 }]));
    assert.deepEqual(await rowsOf(pool, 'SELECT COUNT(*) AS n FROM dbo.averages'), [{ n: 1 }]);
    const run = (text: string) => errorNumber(pool.request().query(text));
    assert.equal(await run('DELETE FROM dbo.averages'), 229);
    assert.equal(await run('UPDATE dbo.averages SET average = 0'), 229);
    assert.equal(await run('SELECT * FROM dbo.incidents'), 229);
    assert.equal(await run('DROP TABLE dbo.averages'), 262);
  });

  it('read as the dashboard does, and write nothing', async () => {
    const pool = await sql.connect('dashboard');
    for (const table of ['averages', 'averages_latest', 'anomalies', 'incidents']) {
      await rowsOf(pool, `SELECT TOP (1) * FROM dbo.${table}`);
    }
    const load = pool.request().bulk(averagesTable([{ id: 'b', window: 1 }]));
    assert.equal(await errorNumber(load), 229);
    const grant = pool.request().query('GRANT INSERT ON dbo.averages TO telemetry_reader');
    assert.equal(await errorNumber(grant), 262);
  });

  it('see no table that they may not read, by whatever way', async () => {
    const pool = await sql.connect('function');
    const hidden = [
      'SELECT * FROM (SELECT * FROM dbo.averages) AS a',
      'SELECT 1 AS n WHERE EXISTS (SELECT 1 FROM averages)',
      'WITH s AS (SELECT id FROM dbo.averages_latest) SELECT * FROM s',
      'SELECT (SELECT COUNT(*) FROM dbo.averages) AS n',
      `INSERT INTO dbo.incidents (id, site, kind, openedAt, updatedAt, anomalies, meters, mails)
       SELECT id, id, N'x', windowEnd, windowEnd, 0, 0, 0 FROM dbo.averages`,
      'IF EXISTS (SELECT 1 FROM dbo.averages) SELECT 1 AS n',
      'DECLARE @n int = (SELECT COUNT(*) FROM dbo.averages)',
    ];
    for (const text of hidden) {
      assert.equal(await errorNumber(pool.request().query(text)), 229, text);
    }
  });
});

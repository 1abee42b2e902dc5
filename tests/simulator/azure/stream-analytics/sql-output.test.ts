import assert from 'node:assert/strict';
import { after, before, describe, it } from 'mocha';
import type { ConnectionPool } from 'mssql';
import {
  SqlDateTime,
  record,
  type SqlRecord,
  type Value,
} from '../../../../simulator/azure/stream-analytics/core/values.ts';
import { SqlOutput } from '../../../../simulator/azure/stream-analytics/live/sql-output.ts';
import { ensureCertificates } from '../../../../simulator/wire/certificates.ts';
import { sqlClientConfig } from '../../../../simulator/wire/sql-connection.ts';
import { eventually } from '../../../support/eventually.ts';
import { rowsOf, startTestSql, type TestSql } from '../../../support/sql.ts';

function average(id: string, window: number, fields: Record<string, Value> = {}): SqlRecord {
  return record([
    ['id', id],
    ['windowStart', new SqlDateTime((window - 1) * 300_000)],
    ['windowEnd', new SqlDateTime(window * 300_000)],
    ['average', 70.5],
    ['minimum', 70],
    ['maximum', 71n],
    ['count', 30n],
    ['revision', 0n],
    ['gateway', null],
    ...Object.entries(fields),
  ]);
}

describe('an output to a table of Azure SQL', function () {
  this.timeout(20_000);
  let sql: TestSql;
  let pool: ConnectionPool;
  let caPem: string;
  const abort = new AbortController();
  const problems: string[] = [];
  const opened: SqlOutput[] = [];

  const output = (
    table: string,
    errorPolicy: 'retry' | 'drop' = 'retry',
    maxBatchCount = 10_000,
  ) => {
    const connection = sqlClientConfig(sql.settings, 'administrator', caPem);
    const report = (problem: string | null) => {
      if (problem !== null) problems.push(problem);
    };
    const context = { signal: abort.signal, report };
    const made = new SqlOutput({ connection, table, maxBatchCount, errorPolicy }, context);
    opened.push(made);
    return made;
  };
  const ids = async (table = 'dbo.averages') =>
    (await rowsOf(pool, `SELECT id FROM ${table} ORDER BY id, windowEnd`)).map(({ id }) => id);

  before(async () => {
    sql = await startTestSql();
    ({ caPem } = await ensureCertificates(sql.settings));
    pool = await sql.connect();
  });

  after(async () => {
    abort.abort();
    await Promise.all(opened.map((each) => each.close()));
    await sql.stop();
  });

  it('loads rows in batches, in the types of the table', async () => {
    const rows = Array.from({ length: 25 }, (_, window) => average('batch', window + 1));
    await output('[dbo].[averages]', 'retry', 10).write(rows);
    const [row] = await rowsOf(
      pool,
      "SELECT COUNT(*) AS n, MAX(maximum) AS most, MAX([count]) AS readings FROM dbo.averages WHERE id = N'batch'",
    );
    assert.deepEqual(row, { n: 25, most: 71, readings: 30 });
  });

  it('leaves out what is there already, and nothing else, also without IGNORE_DUP_KEY', async () => {
    await pool.request().query(`CREATE TABLE dbo.strict (
      id nvarchar(128) COLLATE Latin1_General_100_BIN2 NOT NULL,
      windowEnd datetime2(3) NOT NULL,
      CONSTRAINT pk_strict PRIMARY KEY (id, windowEnd))`);
    const row = (id: string) =>
      record([
        ['id', id],
        ['windowEnd', new SqlDateTime(0)],
      ]);
    const strict = output('dbo.strict');
    await strict.write(['a', 'b', 'c'].map(row));
    await strict.write(['x', 'b', 'y', 'z', 'a', 'x'].map(row));
    assert.deepEqual(await ids('dbo.strict'), ['a', 'b', 'c', 'x', 'y', 'z']);
  });

  it('drops a row that the table cannot take when the policy says so, and keeps the others', async () => {
    await output('dbo.averages', 'drop').write([
      average('drop', 1),
      average('drop', 2, { average: 'warm' }),
      average('drop', 3, { count: 2n ** 40n }),
      average('drop', 4, { average: null }),
      average('x'.repeat(200), 5),
      average('drop', 6),
    ]);
    const kept = await rowsOf(
      pool,
      "SELECT DATEDIFF(minute, '1970-01-01T00:00:00', windowEnd) AS minutes FROM dbo.averages WHERE id = N'drop' ORDER BY windowEnd",
    );
    assert.deepEqual(kept, [{ minutes: 5 }, { minutes: 30 }]);
  });

  it('waits with a row that the table cannot take when the policy is to retry, and says why', async () => {
    problems.length = 0;
    const waiting = output('dbo.averages').write([average('wait', 1, { average: 'warm' })]);
    waiting.catch(() => undefined);
    await eventually(() => {
      assert.match(problems.join(), /column average is float and cannot take nvarchar/);
    });
  });

  it('says which column the table lacks', async () => {
    problems.length = 0;
    const waiting = output('dbo.averages').write([average('wait', 1, { colour: 'red' })]);
    waiting.catch(() => undefined);
    await eventually(() => assert.match(problems.join(), /the table has no column colour/));
  });

  it('goes on where it was when the database comes back', async () => {
    problems.length = 0;
    const table = output('dbo.averages');
    await table.write([average('outage', 1)]);
    await sql.restart();
    await table.write([average('outage', 1), average('outage', 2)]);
    pool = await sql.connect();
    assert.deepEqual((await ids()).filter((id) => id === 'outage').length, 2);
  });
});

import assert from 'node:assert/strict';
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import mssql, { type ConnectionPool } from 'mssql';
import { after, before, describe, it } from 'mocha';
import { averagesTable, rowsOf, startTestSql, type TestSql } from '../../support/sql.ts';

const FOLDER = 'cloud/sql/queries';
const read = (name: string) => readFileSync(join(FOLDER, `${name}.sql`), 'utf8');

describe('queries of the tables', function () {
  this.timeout(20_000);
  let sql: TestSql;
  let reader: ConnectionPool;

  before(async () => {
    sql = await startTestSql();
    const writer = await sql.connect('stream-analytics');
    const rows = [
      { id: 'Meter01', window: 1, average: 70 },
      { id: 'Meter01', window: 1, revision: 1, average: 71 },
      { id: 'Meter01', window: 1, revision: 2, average: 72 },
      { id: 'Meter01', window: 2, average: 80 },
      { id: 'meter01', window: 1, average: 60 },
    ];
    await writer.request().bulk(averagesTable(rows));
    reader = await sql.connect('dashboard');
  });

  after(() => sql.stop());

  const ask = async (name: string, since: Date, most = 100) => {
    const request = reader.request().input('since', mssql.DateTime2(3), since);
    const { recordset } = await request.input('most', mssql.Int, most).query(read(name));
    return [...recordset];
  };

  it('show of each window its highest revision, per meter whatever its case', async () => {
    const rows = await rowsOf(
      reader,
      'SELECT id, average, revision FROM dbo.averages_latest ORDER BY windowEnd, id',
    );
    assert.deepEqual(rows, [
      { id: 'Meter01', average: 72, revision: 2 },
      { id: 'meter01', average: 60, revision: 0 },
      { id: 'Meter01', average: 80, revision: 0 },
    ]);
  });

  it('give the averages since an instant, the newest first, as many as asked for', async () => {
    const all = await ask('averages-since', new Date(0));
    const ends = all.map(({ windowEnd }) => windowEnd.getTime() / 300_000);
    assert.deepEqual(ends, [2, 1, 1]);
    assert.equal((await ask('averages-since', new Date(0), 1))[0]?.average, 80);
    assert.equal((await ask('averages-since', new Date(300_000))).length, 1);
  });

  it('save an incident once, bring it up to date, and never back', async () => {
    const pool = await sql.connect('function');
    const save = (mails: number, updated: number) =>
      pool
        .request()
        .input('id', mssql.NVarChar(200), 'site/1')
        .input('site', mssql.NVarChar(128), 'gateway-01')
        .input('kind', mssql.NVarChar(20), 'anomalies')
        .input('openedAt', mssql.DateTime2(3), new Date(0))
        .input('updatedAt', mssql.DateTime2(3), new Date(updated))
        .input('resolvedAt', mssql.DateTime2(3), null)
        .input('acknowledgedAt', mssql.DateTime2(3), null)
        .input('acknowledgedBy', mssql.NVarChar(256), null)
        .input('anomalies', mssql.Int, 3)
        .input('meters', mssql.Int, 1)
        .input('mails', mssql.Int, mails)
        .query(read('save-incident'));
    await save(1, 1_000);
    await save(2, 2_000);
    await save(9, 1_500);
    const rows = await rowsOf(reader, 'SELECT id, mails FROM dbo.incidents');
    assert.deepEqual(rows, [{ id: 'site/1', mails: 2 }]);
  });

  it('all run, for the one who asks them', async () => {
    const names = readdirSync(FOLDER).map((file) => file.replace('.sql', ''));
    for (const name of names.filter((each) => each !== 'save-incident')) {
      await ask(name, new Date(0));
    }
  });
});

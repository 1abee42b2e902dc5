import assert from 'node:assert/strict';
import mssql, { type ConnectionPool } from 'mssql';
import { after, before, describe, it } from 'mocha';
import {
  averagesTable,
  errorNumber,
  rowsOf,
  startTestSql,
  type TestSql,
} from '../../../support/sql.ts';

describe('keys and constraints of the local Azure SQL', function () {
  this.timeout(20_000);
  let sql: TestSql;
  let pool: ConnectionPool;
  const run = (text: string) => pool.request().query(text);

  before(async () => {
    sql = await startTestSql();
    pool = await sql.connect();
    await run(`CREATE TABLE dbo.things (
      id nvarchar(10) COLLATE Latin1_General_100_BIN2 NOT NULL,
      place int NULL,
      size int NOT NULL CHECK (size > 0),
      madeAt datetime2(3) NOT NULL DEFAULT SYSUTCDATETIME(),
      CONSTRAINT pk_things PRIMARY KEY (id)
    )`);
    await run('CREATE UNIQUE INDEX ux_things ON dbo.things (place)');
  });

  after(() => sql.stop());

  it('fail a repeated primary key with 2627 and name it', async () => {
    await run("INSERT INTO dbo.things (id, place, size) VALUES (N'a', 1, 1)");
    const again = run("INSERT INTO dbo.things (id, place, size) VALUES (N'a', 2, 1)");
    await assert.rejects(again, /Violation of PRIMARY KEY constraint 'pk_things'.*\(a\)/);
    const number = await errorNumber(run("INSERT INTO dbo.things (id, size) VALUES (N'a', 1)"));
    assert.equal(number, 2627);
  });

  it('fail a repeated key of a unique index with 2601, NULL being equal to NULL', async () => {
    await run("INSERT INTO dbo.things (id, place, size) VALUES (N'b', NULL, 1)");
    const again = run("INSERT INTO dbo.things (id, place, size) VALUES (N'c', NULL, 1)");
    await assert.rejects(again, /with unique index 'ux_things'/);
    const same = run("INSERT INTO dbo.things (id, place, size) VALUES (N'c', 1, 1)");
    assert.equal(await errorNumber(same), 2601);
  });

  it('tell ids that differ by case apart', async () => {
    await run("INSERT INTO dbo.things (id, place, size) VALUES (N'A', 10, 1)");
    const found = await rowsOf(pool, "SELECT id FROM dbo.things WHERE id = N'A'");
    assert.deepEqual(found, [{ id: 'A' }]);
  });

  it('fail NULL, a check, and text that is too long, each with its number', async () => {
    const insert = (values: string) =>
      errorNumber(run(`INSERT INTO dbo.things (id, place, size) VALUES (${values})`));
    assert.equal(await insert('NULL, 20, 1'), 515);
    assert.equal(await insert("N'd', 20, 0"), 547);
    assert.equal(await insert("N'elevenchars', 20, 1"), 2628);
    assert.equal(await insert("N'd', 3000000000, 1"), 8115);
    assert.equal(await insert("N'd', N'x', 1"), 245);
  });

  it('let a batch go on after the fault of one statement', async () => {
    const request = pool.request();
    const number = await errorNumber(
      request.query("INSERT INTO dbo.things (id, size) VALUES (N'a', 1); SELECT 7 AS seven"),
    );
    assert.equal(number, 2627);
    const after = await run("INSERT INTO dbo.things (id, place, size) VALUES (N'z', 26, 1)");
    assert.deepEqual(after.rowsAffected, [1]);
  });

  it('leave out repeated rows where an index ignores them, and say so', async () => {
    const messages: string[] = [];
    const request = pool.request();
    request.on('info', ({ message }: { message: string }) => messages.push(message));
    const first = averagesTable([
      { id: 'one', window: 1 },
      { id: 'one', window: 1, average: 99 },
      { id: 'one', window: 1, revision: 1 },
    ]);
    const { rowsAffected } = await request.bulk(first);
    assert.equal(Number(rowsAffected), 2);
    assert.deepEqual(messages, ['Duplicate key was ignored.']);
    const kept = await rowsOf(pool, "SELECT average, revision FROM dbo.averages WHERE id = N'one'");
    assert.deepEqual(kept, [
      { average: 70.5, revision: 0 },
      { average: 70.5, revision: 1 },
    ]);
  });

  it('leave out anomalies that were there, also those without a number', async () => {
    const anomaly = (seq: string, temp: number) =>
      run(`INSERT INTO dbo.anomalies (id, [time], seq, temp, direction, score, confidence, historySize)
           VALUES (N'm', '2026-01-01T00:00:00', ${seq}, ${temp}, N'spike', 0, 99, 120)`);
    assert.deepEqual((await anomaly('NULL', 90)).rowsAffected, [1]);
    assert.deepEqual((await anomaly('NULL', 90)).rowsAffected, [0]);
    assert.deepEqual((await anomaly('NULL', 91)).rowsAffected, [1]);
    assert.deepEqual((await anomaly('5', 90)).rowsAffected, [1]);
    assert.deepEqual((await anomaly('5', 90)).rowsAffected, [0]);
  });

  it('load all rows of a bulk or none', async () => {
    const table = averagesTable([{ id: 'whole', window: 1 }]);
    table.rows.add('whole', new Date(0), null as unknown as Date, 1, 1, 1, 1, 0);
    assert.equal(await errorNumber(pool.request().bulk(table)), 515);
    const [row] = await rowsOf(pool, "SELECT COUNT(*) AS n FROM dbo.averages WHERE id = N'whole'");
    assert.deepEqual(row, { n: 0 });
  });

  it('keep every row once when many clients write the same at once', async () => {
    const pools = await Promise.all(Array.from({ length: 4 }, () => sql.connect()));
    const rows = Array.from({ length: 50 }, (_, window) => ({ id: 'race', window: window + 1 }));
    await Promise.all(
      pools.flatMap((each) => [
        each.request().bulk(averagesTable(rows)),
        each.request().bulk(averagesTable(rows.slice(20))),
      ]),
    );
    const [row] = await rowsOf(pool, "SELECT COUNT(*) AS n FROM dbo.averages WHERE id = N'race'");
    assert.deepEqual(row, { n: 50 });
  });

  it('let one of two inserts win when two clients insert the same key at once', async () => {
    const insert = async (place: number) => {
      const other = await sql.connect();
      return await other
        .request()
        .input('place', mssql.Int, place)
        .query("INSERT INTO dbo.things (id, place, size) VALUES (N'same', @place, 1)")
        .then(
          () => 0,
          (error: mssql.RequestError) => error.number ?? -1,
        );
    };
    const outcomes = await Promise.all([insert(101), insert(102), insert(103)]);
    assert.deepEqual(outcomes.toSorted(), [0, 2627, 2627]);
  });
});

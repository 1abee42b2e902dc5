import assert from 'node:assert/strict';
import mssql, { type ConnectionPool } from 'mssql';
import { after, before, describe, it } from 'mocha';
import { errorNumber, rowsOf, startTestSql, type TestSql } from '../../../support/sql.ts';

describe('T-SQL in the local Azure SQL', function () {
  this.timeout(20_000);
  let sql: TestSql;
  let pool: ConnectionPool;
  const run = (text: string) => pool.request().query(text);
  const one = async (text: string) => (await rowsOf(pool, text))[0];

  before(async () => {
    sql = await startTestSql();
    pool = await sql.connect();
    await run(
      'CREATE TABLE dbo.stock (item nvarchar(20) NOT NULL, shelf int NOT NULL, pieces int NULL)',
    );
    await run("INSERT INTO dbo.stock VALUES (N'bulb', 1, 5), (N'fuse', 1, 7), (N'Fuse', 2, NULL)");
  });

  after(() => sql.stop());

  it('reads with joins, groups, windows, sets and steps', async () => {
    const rows = await rowsOf(
      pool,
      `WITH total (shelf, pieces) AS (
         SELECT shelf, SUM(pieces) FROM dbo.stock GROUP BY shelf HAVING COUNT(*) > 0
       )
       SELECT s.item, t.pieces AS [of shelf],
         ROW_NUMBER() OVER (PARTITION BY s.shelf ORDER BY s.pieces DESC) AS place,
         LAG(s.item) OVER (ORDER BY s.shelf, s.item) AS before
       FROM dbo.stock AS s LEFT JOIN total AS t ON t.shelf = s.shelf
       WHERE s.pieces BETWEEN 1 AND 10 AND s.item NOT IN (N'nail') AND EXISTS (SELECT 1 FROM total)
       UNION ALL SELECT N'none', NULL, 0, NULL
       ORDER BY place, item`,
    );
    assert.deepEqual(rows, [
      { item: 'none', 'of shelf': null, place: '0', before: null },
      { item: 'fuse', 'of shelf': '12', place: '1', before: 'bulb' },
      { item: 'bulb', 'of shelf': '12', place: '2', before: null },
    ]);
  });

  it('compares text whatever its case, unless its collation is binary', async () => {
    assert.deepEqual(await one("SELECT COUNT(*) AS n FROM dbo.stock WHERE item = N'FUSE'"), {
      n: 2,
    });
  });

  it('takes TOP, OFFSET and FETCH with parameters', async () => {
    const top = pool.request().input('n', mssql.Int, 1);
    const { recordset } = await top.query(
      'SELECT TOP (@n) item FROM dbo.stock ORDER BY shelf DESC',
    );
    assert.deepEqual([...recordset], [{ item: 'Fuse' }]);
    const page = await rowsOf(
      pool,
      'SELECT item FROM dbo.stock ORDER BY shelf, item OFFSET 1 ROWS FETCH NEXT 1 ROWS ONLY',
    );
    assert.deepEqual(page, [{ item: 'fuse' }]);
  });

  it('has variables, conditions and messages', async () => {
    const messages: string[] = [];
    const request = pool.request();
    request.on('info', ({ message }: { message: string }) => messages.push(message));
    const { recordset } = await request.query(
      `DECLARE @found int, @word nvarchar(10) = N'few';
       SELECT @found = COUNT(*) FROM dbo.stock;
       IF @found > 100 SET @word = N'many' ELSE BEGIN PRINT N'counted ' + CAST(@found AS nvarchar(10)); END
       SELECT @word AS word, @found AS found;`,
    );
    assert.deepEqual(recordset[0], { word: 'few', found: 3 });
    assert.deepEqual(messages, ['counted 3']);
  });

  it('changes rows with UPDATE, DELETE, INSERT … SELECT and MERGE', async () => {
    await run('CREATE TABLE dbo.changes (id int NOT NULL PRIMARY KEY, n int NOT NULL)');
    const counts = [
      'INSERT INTO dbo.changes (id, n) SELECT v.id, v.id * 10 FROM (VALUES (1), (2), (3)) AS v (id)',
      'INSERT INTO dbo.changes (id, n) SELECT 1, 0 WHERE NOT EXISTS (SELECT 1 FROM dbo.changes WHERE id = 1)',
      'UPDATE dbo.changes SET n = n + 1 WHERE id >= 2',
      'DELETE FROM dbo.changes WHERE id = 3',
      `MERGE INTO dbo.changes WITH (HOLDLOCK) AS t USING (VALUES (1, 5), (9, 9)) AS s (id, n) ON t.id = s.id
       WHEN MATCHED AND s.n > 1 THEN UPDATE SET n = s.n WHEN NOT MATCHED THEN INSERT (id, n) VALUES (s.id, s.n);`,
    ];
    const affected: unknown[] = [];
    for (const text of counts) affected.push((await run(text)).rowsAffected[0]);
    assert.deepEqual(affected, [3, 0, 2, 1, 2]);
    assert.deepEqual(await rowsOf(pool, 'SELECT id, n FROM dbo.changes ORDER BY id'), [
      { id: 1, n: 5 },
      { id: 2, n: 21 },
      { id: 9, n: 9 },
    ]);
  });

  it('adds a column to a table with keys, which keep their promise', async () => {
    await run('CREATE TABLE dbo.grows (id int NOT NULL PRIMARY KEY)');
    await run('INSERT INTO dbo.grows (id) VALUES (1)');
    await run(
      "IF COL_LENGTH(N'dbo.grows', N'note') IS NULL ALTER TABLE dbo.grows ADD note nvarchar(5) NULL",
    );
    await run(
      "IF COL_LENGTH(N'dbo.grows', N'note') IS NULL ALTER TABLE dbo.grows ADD note nvarchar(5) NULL",
    );
    assert.deepEqual(await one('SELECT * FROM dbo.grows'), { id: 1, note: null });
    assert.equal(await errorNumber(run('INSERT INTO dbo.grows (id) VALUES (1)')), 2627);
  });

  it('answers errors with the numbers of SQL Server', async () => {
    const numbers: readonly [string, number][] = [
      ['SELECT * FROM dbo.nothing', 208],
      ['SELECT nothing FROM dbo.stock', 207],
      ['SELECT FROM dbo.stock', 102],
      ['SELEC 1', 102],
      ["SELECT 'open", 105],
      ['SELECT 1 /* open', 113],
      ['SELECT @nobody AS n', 137],
      ['SELECT 1 / 0 AS n', 8134],
      ["SELECT CAST(N'abc' AS int) AS n", 245],
      ["SELECT CAST(N'yesterday' AS datetime2(3)) AS n", 241],
      ['SELECT CAST(3000000000 AS int) AS n', 8115],
      ['CREATE TABLE dbo.stock (n int)', 2714],
      ['DROP TABLE dbo.nothing', 3701],
      ['SELECT item, COUNT(*) AS n FROM dbo.stock', 8120],
      ['SELECT * FROM other.dbo.stock', 40_515],
      ['SELECT 1 AS n; CREATE VIEW dbo.v AS SELECT 1 AS n', 111],
      ['MERGE INTO dbo.stock USING dbo.stock AS s ON 1 = 0 WHEN MATCHED THEN DELETE', 10_713],
      ['SET NOTHING ON', 195],
      ['SELECT DATEADD(moment, 1, SYSUTCDATETIME()) AS n', 155],
      ["THROW 51000, N'mine', 1", 51_000],
    ];
    for (const [text, number] of numbers) {
      assert.equal(await errorNumber(run(text)), number, text);
    }
  });

  it('names the line of an error', async () => {
    const error = await run('SELECT 1 AS n;\n\nSELECT * FROM dbo.stock WHERE ;').then(
      () => undefined,
      (reason: mssql.RequestError) => reason,
    );
    assert.equal(error?.lineNumber, 3);
  });

  it('refuses by name what it does not play', async () => {
    const refused: readonly [string, RegExp][] = [
      ['EXEC sp_who', /'EXEC' is not supported by the local Azure SQL/],
      ['WHILE 1 = 1 SELECT 1', /'WHILE'/],
      ['SELECT * FROM dbo.stock FOR JSON AUTO', /'FOR'/],
      ["SELECT JSON_VALUE(item, N'$.a') AS n FROM dbo.stock", /function JSON_VALUE/],
      ['CREATE TABLE dbo.x (id uniqueidentifier)', /type uniqueidentifier/],
      ['CREATE TABLE #x (id int)', /a temporary table/],
      ['CREATE TABLE dbo.x (id int IDENTITY)', /IDENTITY in a column/],
      [
        'CREATE TABLE dbo.x (id nvarchar(9) PRIMARY KEY)',
        /a key over id without a _BIN2 collation/,
      ],
      ['CREATE PROCEDURE dbo.p AS SELECT 1', /CREATE PROCEDURE/],
      ['CREATE USER [x] FROM EXTERNAL PROVIDER', /FROM EXTERNAL PROVIDER/],
      ["SELECT 1 AS n WHERE N'a' LIKE N'[a-z]'", /LIKE pattern/],
      ['BEGIN TRY SELECT 1 END TRY', /BEGIN TRY/],
    ];
    for (const [text, pattern] of refused) {
      await assert.rejects(run(text), pattern, text);
      assert.equal(await errorNumber(run(text)), 40_514);
    }
  });

  it('finds no procedure but those that clients run statements with', async () => {
    assert.equal(await errorNumber(pool.request().execute('dbo.mine')), 2812);
  });
});

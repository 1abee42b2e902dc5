import assert from 'node:assert/strict';
import fc from 'fast-check';
import mssql, { type ConnectionPool } from 'mssql';
import { after, before, describe, it } from 'mocha';
import { rowsOf, startTestSql, type TestSql } from '../../../support/sql.ts';

describe('values through the local Azure SQL', function () {
  this.timeout(20_000);
  let sql: TestSql;
  let pool: ConnectionPool;

  before(async () => {
    sql = await startTestSql();
    pool = await sql.connect();
  });

  after(() => sql.stop());

  /** A value through a parameter and back. */
  const through = async (type: mssql.ISqlType | (() => mssql.ISqlType), value: unknown) => {
    const { recordset } = await pool.request().input('v', type, value).query('SELECT @v AS v');
    return recordset[0]?.v;
  };

  const cases: readonly [string, mssql.ISqlType | (() => mssql.ISqlType), readonly unknown[]][] = [
    ['int', mssql.Int, [0, -1, 2_147_483_647, -2_147_483_648]],
    ['smallint', mssql.SmallInt, [-32_768, 32_767]],
    ['tinyint', mssql.TinyInt, [0, 255]],
    ['bigint', mssql.BigInt, ['9223372036854775807', '-9223372036854775808', '0']],
    ['float', mssql.Float, [0, -0.1, 1e308, 5e-324, 61.55]],
    ['real', mssql.Real, [0.5, -2]],
    ['bit', mssql.Bit, [true, false]],
    ['nvarchar', mssql.NVarChar, ['', 'Zähler 1', '🔌', "it's", 'x'.repeat(4_000)]],
    ['nvarchar(max)', mssql.NVarChar(mssql.MAX), ['', 'y'.repeat(100_000)]],
    ['decimal', mssql.Decimal(9, 2), [99.99, -0.01, 0]],
    ['date', mssql.Date, [new Date('2026-01-01'), new Date('1900-02-28')]],
    [
      'datetime2(3)',
      mssql.DateTime2(3),
      [new Date('2026-01-01T00:00:00.123Z'), new Date('0001-01-01'), new Date('9999-12-31')],
    ],
    ['datetime', mssql.DateTime, [new Date('2026-01-01T00:00:00.123Z')]],
  ];

  for (const [name, type, values] of cases) {
    it(`come back as they went: ${name}`, async () => {
      for (const value of values) assert.deepEqual(await through(type, value), value);
      assert.equal(await through(type, null), null);
    });
  }

  it('come back as they went, whatever text or number', async () => {
    await fc.assert(
      fc.asyncProperty(
        fc.string({ unit: 'grapheme', maxLength: 50 }),
        fc.double({ noNaN: true, noDefaultInfinity: true }),
        async (text, number) => {
          assert.equal(await through(mssql.NVarChar, text), text);
          // The client itself makes 0 of -0.
          assert.equal(await through(mssql.Float, number), number + 0);
        },
      ),
      { numRuns: 40 },
    );
  });

  it('are of the type that T-SQL gives', async () => {
    const [row] = await rowsOf(
      pool,
      `SELECT COUNT(*) AS counted, COUNT_BIG(*) AS countedBig, 5 / 2 AS whole, 5.0 / 2 AS fraction,
         CAST(1 AS bit) AS yes, N'a' + N'b' AS joined, CONCAT(N'a', NULL, 1) AS put, LEN(N'ab  ') AS length,
         DATEDIFF(minute, '2026-01-01T00:00:59', '2026-01-01T00:01:00') AS crossed,
         DATEADD(hour, -24, CAST('2026-01-02T00:00:00' AS datetime2(3))) AS before,
         ISNULL(NULL, 3) AS filled, IIF(1 = 1, N'y', N'n') AS chosen, TRY_CAST(N'x' AS int) AS tried
       FROM (VALUES (1), (2)) AS two (n)`,
    );
    assert.deepEqual(row, {
      counted: 2,
      countedBig: '2',
      whole: 2,
      fraction: 2.5,
      yes: true,
      joined: 'ab',
      put: 'a1',
      length: 2,
      crossed: 1,
      before: new Date('2026-01-01'),
      filled: 3,
      chosen: 'y',
      tried: null,
    });
  });

  it('are in the order that T-SQL has: NULL first', async () => {
    const query = 'SELECT n FROM (VALUES (2), (NULL), (1)) AS v (n) ORDER BY n';
    const order = async (text: string) => (await rowsOf(pool, text)).map(({ n }) => n);
    assert.deepEqual(await order(query), [null, 1, 2]);
    assert.deepEqual(await order(`${query} DESC`), [2, 1, null]);
  });

  it('come in results without a name where they have none', async () => {
    const { recordset } = await pool.request().query('SELECT 1 + 1');
    assert.deepEqual(recordset[0], { '': 2 });
  });

  it('come whole in a result of many packets', async () => {
    const { recordset } = await pool.request().query<{ n: number; text: string }>(
      `WITH ten AS (SELECT n FROM (VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)) AS v (n))
       SELECT a.n * 1000 + b.n * 100 + c.n * 10 + d.n AS n, CONCAT(N'row ', a.n, b.n, c.n, d.n) AS text
       FROM ten AS a CROSS JOIN ten AS b CROSS JOIN ten AS c CROSS JOIN ten AS d ORDER BY n`,
    );
    assert.equal(recordset.length, 10_000);
    assert.deepEqual(recordset.at(-1), { n: 9_999, text: 'row 9999' });
  });
});

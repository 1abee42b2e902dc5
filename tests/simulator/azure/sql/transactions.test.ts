import assert from 'node:assert/strict';
import type { ConnectionPool } from 'mssql';
import { after, before, beforeEach, describe, it } from 'mocha';
import { errorNumber, rowsOf, startTestSql, type TestSql } from '../../../support/sql.ts';

describe('transactions of the local Azure SQL', function () {
  this.timeout(20_000);
  let sql: TestSql;
  let pool: ConnectionPool;
  const insert = (n: number) => `INSERT INTO dbo.numbers (n) VALUES (${n})`;
  const numbers = async () =>
    (await rowsOf(pool, 'SELECT n FROM dbo.numbers ORDER BY n')).map(({ n }) => n);

  before(async () => {
    sql = await startTestSql();
    pool = await sql.connect();
    await pool.request().query('CREATE TABLE dbo.numbers (n int NOT NULL PRIMARY KEY)');
  });

  beforeEach(() => pool.request().query('DELETE FROM dbo.numbers'));
  after(() => sql.stop());

  it('are seen by others when they are committed, not before', async () => {
    const transaction = pool.transaction();
    await transaction.begin();
    await transaction.request().query(insert(1));
    assert.deepEqual(await numbers(), []);
    await transaction.commit();
    assert.deepEqual(await numbers(), [1]);
  });

  it('leave nothing when they are rolled back, tables included', async () => {
    const transaction = pool.transaction();
    await transaction.begin();
    await transaction.request().query(insert(1));
    await transaction.request().query('CREATE TABLE dbo.gone (n int NULL)');
    await transaction.rollback();
    assert.deepEqual(await numbers(), []);
    assert.equal(await errorNumber(rowsOf(pool, 'SELECT * FROM dbo.gone')), 208);
    assert.deepEqual(await rowsOf(pool, "SELECT 1 AS n WHERE OBJECT_ID(N'dbo.gone') IS NULL"), [
      { n: 1 },
    ]);
  });

  it('are rolled back by the server when a statement fails', async () => {
    const transaction = pool.transaction();
    await transaction.begin();
    await transaction.request().query(insert(1));
    assert.equal(await errorNumber(transaction.request().query(insert(1))), 2627);
    await assert.rejects(transaction.commit(), /aborted/);
    assert.deepEqual(await numbers(), []);
  });

  it('are rolled back when the client goes', async () => {
    const connections: { close(): void }[] = [];
    const beforeConnect = (connection: { close(): void }) => connections.push(connection);
    const other = await sql.connect('administrator', { beforeConnect });
    const transaction = other.transaction();
    await transaction.begin();
    await transaction.request().query(insert(1));
    for (const connection of connections) connection.close();
    await assert.rejects(transaction.rollback());
    await pool.request().query(insert(2));
    assert.deepEqual(await numbers(), [2]);
  });

  it('let other writers wait, and readers not', async () => {
    const transaction = pool.transaction();
    await transaction.begin();
    await transaction.request().query(insert(1));
    const waiting = pool.request().query(insert(2));
    assert.deepEqual(await numbers(), []);
    await transaction.request().query(insert(3));
    await transaction.commit();
    await waiting;
    assert.deepEqual(await numbers(), [1, 2, 3]);
  });

  it('count in a batch what they nest, and refuse to end what never began', async () => {
    const request = pool.request();
    const { recordsets } = await request.query(
      `BEGIN TRANSACTION; ${insert(1)}; BEGIN TRAN; SELECT @@TRANCOUNT AS depth;
       COMMIT; SELECT @@TRANCOUNT AS depth; ROLLBACK; SELECT @@TRANCOUNT AS depth`,
    );
    const depths = (recordsets as { depth: number }[][]).map(([row]) => row?.depth);
    assert.deepEqual(depths, [2, 1, 0]);
    assert.deepEqual(await numbers(), []);
    assert.equal(await errorNumber(pool.request().query('COMMIT')), 3902);
    assert.equal(await errorNumber(pool.request().query('ROLLBACK')), 3903);
  });

  it('end a request that its client cancels, and the connection goes on', async () => {
    const single = await sql.connect('administrator', { pool: { max: 1, min: 0 } });
    const request = single.request();
    const digits = '(VALUES (0),(1),(2),(3),(4),(5),(6),(7),(8),(9)) AS';
    const many = Array.from({ length: 9 }, (_, at) => `${digits} d${at} (n)`);
    const running = request.query(`SELECT SUM(d0.n * d1.n) AS s FROM ${many.join(' CROSS JOIN ')}`);
    setTimeout(() => request.cancel(), 200);
    await assert.rejects(running, /Cancel/);
    assert.deepEqual(await rowsOf(single, 'SELECT 1 AS one'), [{ one: 1 }]);
  });

  it('prepare a statement once and run it with many values', async () => {
    const { default: mssql } = await import('mssql');
    const statement = new mssql.PreparedStatement(pool);
    statement.input('n', mssql.Int);
    await statement.prepare('INSERT INTO dbo.numbers (n) VALUES (@n); SELECT @@ROWCOUNT AS done');
    for (const n of [4, 5, 6]) {
      const { recordset } = await statement.execute({ n });
      assert.deepEqual(recordset[0], { done: 1 });
    }
    assert.equal(await errorNumber(statement.execute({ n: 4 })), 2627);
    await statement.unprepare();
    assert.deepEqual(await numbers(), [4, 5, 6]);
  });
});

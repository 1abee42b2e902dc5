import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { after, afterEach, before, beforeEach, describe, it } from 'mocha';
import type { ConnectionPool } from 'mssql';
import {
  migrate,
  readMigrations,
  splitBatches,
  type SqlBatches,
} from '../../../cloud/sql/tool/migrations.ts';
import { rowsOf, startTestSql, type TestSql } from '../../support/sql.ts';

describe('migrations', function () {
  this.timeout(20_000);
  let folder: string;
  let sql: TestSql;
  let pool: ConnectionPool;
  let database: SqlBatches;

  before(async () => {
    sql = await startTestSql();
    pool = await sql.connect();
    database = {
      run: (batch) => rowsOf(pool, batch),
      inTransaction: async (batches) => {
        const transaction = pool.transaction();
        await transaction.begin();
        try {
          for (const batch of batches) await transaction.request().batch(batch);
          await transaction.commit();
        } catch (error) {
          await transaction.rollback().catch(() => undefined);
          throw error;
        }
      },
    };
  });

  beforeEach(async () => {
    folder = await mkdtemp(join(tmpdir(), 'migrations-'));
  });

  afterEach(() => rm(folder, { recursive: true }));
  after(() => sql.stop());

  const put = (name: string, text: string) => writeFile(join(folder, name), text);
  const apply = () => migrate(database, readMigrations(folder));

  it('are applied in order, once, and recorded', async () => {
    await put('102-second.sql', 'INSERT INTO dbo.made (n) VALUES (2)');
    await put('101-first.sql', 'CREATE TABLE dbo.made (n int NOT NULL PRIMARY KEY)');
    assert.deepEqual(await apply(), ['101-first', '102-second']);
    assert.deepEqual(await apply(), []);
    const names = await rowsOf(
      pool,
      "SELECT name FROM dbo.schema_migrations WHERE name > N'1' ORDER BY name",
    );
    assert.deepEqual(names, [{ name: '101-first' }, { name: '102-second' }]);
  });

  it('leave nothing behind when they fail half-way, and name the file', async () => {
    const good = 'CREATE TABLE dbo.half (n int NOT NULL PRIMARY KEY)';
    await put('103-half.sql', `${good}\nGO\nSELECT * FROM dbo.nothing\n`);
    await assert.rejects(apply(), /103-half\.sql failed, and left nothing behind: .*nothing/);
    await put('103-half.sql', good);
    assert.deepEqual(await apply(), ['103-half']);
  });

  it('are refused when they were changed after they had been applied', async () => {
    await put('104-fixed.sql', 'PRINT 1');
    await apply();
    await put('104-fixed.sql', 'PRINT 2');
    await assert.rejects(apply(), /104-fixed\.sql was changed .* a migration of its own/s);
  });

  it('need a number each', async () => {
    await put('first.sql', 'PRINT 1');
    assert.throws(() => readMigrations(folder), /first\.sql: call it 001-/);
    await rm(join(folder, 'first.sql'));
    await put('001-a.sql', 'PRINT 1');
    await put('001-b.sql', 'PRINT 1');
    assert.throws(() => readMigrations(folder), /001-b\.sql: there is another 001/);
  });

  it('are cut at lines that say GO, and nowhere else', () => {
    const script = "PRINT 1\nGO\n-- only words\ngo\nPRINT N'GO'\r\n  GO ;\r\nSELECT 1 AS going\n";
    assert.deepEqual(
      splitBatches(script).map((batch) => batch.trim()),
      ['PRINT 1', "PRINT N'GO'", 'SELECT 1 AS going'],
    );
  });

  it('of the project can each be run again without harm', async () => {
    const count = async () => await rowsOf(pool, 'SELECT COUNT(*) AS n FROM dbo.averages');
    await pool.request()
      .query(`INSERT INTO dbo.averages (id, windowStart, windowEnd, average, minimum, maximum, [count], revision)
        VALUES (N'a', '2026-01-01T00:00:00', '2026-01-01T00:05:00', 1, 1, 1, 1, 0)`);
    for (let round = 0; round < 2; round += 1) {
      for (const { batches } of readMigrations('cloud/sql/migrations')) {
        await database.inTransaction(batches);
      }
    }
    assert.deepEqual(await count(), [{ n: 1 }]);
  });
});

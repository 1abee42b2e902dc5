import assert from 'node:assert/strict';
import { connect } from 'node:net';
import { once } from 'node:events';
import mssql from 'mssql';
import { after, before, describe, it } from 'mocha';
import { rowsOf, startTestSql, type TestSql } from '../../../support/sql.ts';

describe('signing in to the local Azure SQL', function () {
  this.timeout(20_000);
  let sql: TestSql;

  before(async () => {
    sql = await startTestSql();
  });

  after(() => sql.stop());

  it('takes the right password over TLS with this machine’s certificate', async () => {
    const pool = await sql.connect();
    assert.deepEqual(await rowsOf(pool, 'SELECT 1 AS one'), [{ one: 1 }]);
  });

  it('refuses a wrong password and a user that there is not, with the same words', async () => {
    const wrong = { password: 'guess' };
    await assert.rejects(sql.connect('dashboard', wrong), /Login failed for user 'dashboard'/);
    const nobody = { user: 'nobody' };
    await assert.rejects(sql.connect('dashboard', nobody), /Login failed for user 'nobody'/);
    await assert.rejects(sql.connect('administrator', wrong), /Login failed for user/);
  });

  it('refuses a database that there is not', async () => {
    const other = { database: 'other' };
    await assert.rejects(sql.connect('administrator', other), /Cannot open database "other"/);
  });

  it('demands encryption, as Azure does', async () => {
    const plain = { options: { encrypt: false } };
    await assert.rejects(sql.connect('administrator', plain), /requires encryption/);
  });

  it('is not trusted by a client that does not know this machine’s authority', async () => {
    const unknown = { options: { encrypt: true } };
    await assert.rejects(sql.connect('administrator', unknown), /certificate|self.signed/i);
  });

  it('says that there is no Entra ID here', async () => {
    const config: mssql.config = {
      server: 'localhost',
      port: sql.settings.ports.sql,
      database: 'smart-meters',
      authentication: { type: 'azure-active-directory-access-token', options: { token: 'ey' } },
      options: { encrypt: true, trustServerCertificate: true },
    };
    const connecting = new mssql.ConnectionPool(config).connect();
    await assert.rejects(connecting, /no Microsoft Entra ID/);
  });

  it('ends a connection that speaks something else, and serves the others', async () => {
    const socket = connect(sql.settings.ports.sql, '127.0.0.1');
    await once(socket, 'connect');
    socket.on('error', () => undefined);
    const closed = once(socket, 'close');
    socket.write('GET / HTTP/1.1\r\n\r\n');
    socket.end(Buffer.from([0x01, 0x01, 0x00, 0x04]));
    await closed;
    assert.deepEqual(await rowsOf(await sql.connect(), 'SELECT 2 AS two'), [{ two: 2 }]);
  });
});

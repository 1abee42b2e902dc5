import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { after, before, describe, it } from 'mocha';
import { readArguments } from '../../../cloud/sql/tool/arguments.ts';
import { runSqlCommand } from '../../../cloud/sql/tool/run.ts';
import { startTestSql, type TestSql } from '../../support/sql.ts';

const AZURE = ['--server', 'lab.database.windows.net', '--database', 'smart-meters'];

describe('npm run sql', function () {
  this.timeout(20_000);
  let sql: TestSql;

  before(async () => {
    sql = await startTestSql();
    const settings = join(sql.settings.stateFolder, 'settings.json');
    await writeFile(settings, JSON.stringify(sql.settings));
  });

  after(() => sql.stop());

  const run = (...words: string[]) =>
    runSqlCommand([...words, '--state', sql.settings.stateFolder], undefined, 'cloud/sql');

  it('says what it did, and that there is nothing to do', async () => {
    assert.match((await run('migrate')).join(), /Nothing to do: all \d+ have been applied/);
    await run('query', "DELETE FROM dbo.schema_migrations WHERE name = N'005-roles'");
    assert.deepEqual(await run('migrate'), ['applied 005-roles']);
  });

  it('prints the rows of a query', async () => {
    assert.deepEqual(await run('query', "SELECT 1 AS one, N'a' AS [text]"), [
      '{"one":1,"text":"a"}',
    ]);
  });

  it('makes a script for each identity; only Azure knows them', async () => {
    const adding = run('users', '--user', 'hot-path=telemetry_writer');
    await assert.rejects(adding, /FROM EXTERNAL PROVIDER/);
  });

  it('takes the password from the environment, and Entra ID without a login', () => {
    const login = readArguments(['migrate', ...AZURE, '--login', 'me'], 'word');
    assert.deepEqual(login, {
      kind: 'migrate',
      address: {
        kind: 'server',
        server: 'lab.database.windows.net',
        port: 1_433,
        database: 'smart-meters',
        login: { user: 'me', password: 'word' },
      },
    });
    const entra = readArguments(['migrate', ...AZURE], 'word');
    assert.equal(
      entra.kind === 'migrate' && 'login' in entra.address && entra.address.login,
      undefined,
    );
  });

  it('says which words it does not understand, and what it would', () => {
    const mistakes: readonly [string[], RegExp][] = [
      [['migrate', '--server', 'x'], /--database NAME/],
      [['migrate', '--database', 'x'], /go with --server/],
      [['migrate', ...AZURE, '--login', 'me'], /SQL_PASSWORD/],
      [['migrate', ...AZURE, '--port', 'x'], /--port x is no port/],
      [['users', ...AZURE], /--user IDENTITY=ROLE/],
      [['users', ...AZURE, '--user', "a'b=telemetry_writer"], /the name is of letters/],
      [['users', ...AZURE, '--user', 'a=db_owner'], /the role is one of telemetry_writer/],
      [['query'], /Say what/],
      [['drop'], /There is no drop/],
      [['migrate', '--colour', 'red'], /--colour/],
    ];
    for (const [words, pattern] of mistakes) {
      assert.throws(() => readArguments(words, undefined), pattern, words.join(' '));
    }
  });

  it('says that the local system is not running, and how to start it', async () => {
    const running = runSqlCommand(['migrate', '--state', 'nowhere'], undefined, 'cloud/sql');
    await assert.rejects(running, /npm start, or say --server/);
  });

  it('says which server did not let it in, and never the password', async () => {
    const words = ['migrate', '--server', 'localhost', '--database', 'x', '--login', 'me'];
    const port = ['--port', String(sql.settings.ports.sql)];
    const trying = runSqlCommand([...words, ...port], 'secret-word', 'cloud/sql');
    await assert.rejects(trying, (error: Error) => {
      assert.match(error.message, /localhost does not let us in/);
      assert.doesNotMatch(error.message, /secret-word/);
      return true;
    });
  });
});

import assert from 'node:assert/strict';
import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { after, before, describe, it } from 'mocha';

const run = promisify(execFile);
const SQLFLUFF = join(process.env['PYTHON_ENVIRONMENT'] ?? '', 'bin', 'sqlfluff');

/** What sqlfluff says of files: nothing when it finds nothing. */
async function lint(path: string): Promise<string> {
  const args = ['lint', '--disable-progress-bar', '--nocolor', '--config', 'cloud/sql/.sqlfluff'];
  return await run(SQLFLUFF, [...args, path]).then(
    () => '',
    (error: { stdout?: string; message: string }) => error.stdout ?? error.message,
  );
}

describe('the T-SQL of cloud/sql', function () {
  this.timeout(120_000);
  let folder: string;

  before(async () => {
    folder = await mkdtemp(join(tmpdir(), 'sqlfluff-'));
  });

  after(() => rm(folder, { recursive: true }));

  it('is T-SQL, and written as the linter has it', async () => {
    assert.equal(await lint('cloud/sql'), '');
  });

  it('is Spark’s SQL where it is for Spark', async () => {
    for (const folderOfSpark of ['cloud/databricks/steps', 'cloud/databricks/dialects/spark.sql']) {
      const args = ['parse', '--dialect', 'sparksql', '--format', 'none', folderOfSpark];
      await run(SQLFLUFF, args);
    }
  });

  it('would be found out if it were not', async () => {
    const migration = await readFile('cloud/sql/migrations/001-averages.sql', 'utf8');
    const file = join(folder, '001-averages.sql');
    await writeFile(
      file,
      migration.replace('CREATE TABLE dbo.averages (', 'CREATE TABLE dbo.averages'),
    );
    assert.match(await lint(file), /PRS|unparsable/i);
  });
});

import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { readdirSync, readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));
const FOLDER = new URL('../../../cloud/databricks/', import.meta.url);
const DEFINITION = /CREATE OR REPLACE TEMPORARY (?:MACRO|FUNCTION|VIEW) (\w+)/g;

describe('notebook', () => {
  it('is the same as .ipynb and in source format', function () {
    this.timeout(10_000);
    const { status, stderr } = spawnSync(process.execPath, ['scripts/notebook.mjs', '--check'], {
      cwd: PROJECT,
      encoding: 'utf8',
    });
    assert.equal(status, 0, stderr);
  });

  it('uses neither mounts nor wasb', () => {
    const text = readFileSync(new URL('cold-path.py', FOLDER), 'utf8');
    assert.doesNotMatch(text, /wasbs?:|\/mnt\/|dbutils\.fs\.mount/);
  });
});

describe('SQL of the cold path', () => {
  const namesIn = (dialect: string) => {
    const sql = readFileSync(new URL(`dialects/${dialect}.sql`, FOLDER), 'utf8');
    return [...sql.matchAll(DEFINITION)].map(([, name]) => name);
  };

  it('has the same names in both dialects', () => {
    assert.deepEqual(namesIn('spark'), namesIn('duckdb'));
    assert.equal(namesIn('spark').length, 10);
  });

  it('holds no backslash, which Spark takes for an escape and DuckDB for itself', () => {
    for (const name of readdirSync(new URL('steps/', FOLDER))) {
      assert.doesNotMatch(readFileSync(new URL(`steps/${name}`, FOLDER), 'utf8'), /\\/, name);
    }
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../../modules/shared/src/database.ts';
import { EdgeError } from '../../../modules/shared/src/edge-error.ts';

const SCHEMA = ['CREATE TABLE things (name TEXT)'];
const failsWith = (code: string, pattern: RegExp) => (error: unknown) =>
  error instanceof EdgeError && error.code === code && pattern.test(error.message);

describe('database of a module', function () {
  this.timeout(10_000);
  let folder = '';
  let path = '';

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'database-'));
    path = join(folder, 'deeper', 'module.db');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  it('is on disk when a transaction returns: WAL, synchronous FULL', () => {
    const { database, close } = openDatabase(path, SCHEMA);

    assert.equal(database.pragma('journal_mode', { simple: true }), 'wal');
    assert.equal(database.pragma('synchronous', { simple: true }), 2);
    close();
  });

  it('stops a second process on the same file with a clear error', () => {
    const { close } = openDatabase(path, SCHEMA);
    assert.throws(
      () => openDatabase(path, SCHEMA, 0),
      failsWith('DATABASE_IN_USE', /module\.db is in use by another process.*STATE_FOLDER/),
    );
    close();

    openDatabase(path, SCHEMA, 0).close();
  });

  it('can be read by others while it is open', async () => {
    const { database, close } = openDatabase(path, SCHEMA);
    database.exec("INSERT INTO things VALUES ('a')");
    const { default: Sqlite } = await import('better-sqlite3');
    const other = new Sqlite(path, { readonly: true });

    assert.deepEqual(other.prepare('SELECT name FROM things').pluck().all(), ['a']);
    other.close();
    close();
  });

  it('stops on a damaged file with a clear error and leaves it as it is', () => {
    openDatabase(path, SCHEMA).close();
    writeFileSync(path, 'this is no database, whatever its name says'.repeat(100));

    assert.throws(() => openDatabase(path, SCHEMA), failsWith('DATABASE_DAMAGED', /module\.db/));
    assert.throws(() => openDatabase(path, SCHEMA), failsWith('DATABASE_DAMAGED', /module\.db/));
  });

  it('refuses a file that a later version wrote', () => {
    openDatabase(path, [...SCHEMA, 'CREATE TABLE more (name TEXT)']).close();

    assert.throws(() => openDatabase(path, SCHEMA), failsWith('DATABASE_NEWER', /version 2/));
  });

  it('adds only the schema versions that are missing', () => {
    openDatabase(path, SCHEMA).close();
    const { database, close } = openDatabase(path, [...SCHEMA, 'CREATE TABLE more (name TEXT)']);

    assert.equal(database.pragma('user_version', { simple: true }), 2);
    close();
  });
});

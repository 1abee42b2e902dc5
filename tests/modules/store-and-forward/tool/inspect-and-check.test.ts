import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, rmSync, truncateSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { averager } from '../../../../modules/averager/src/averager.ts';
import { openDatabase } from '../../../../modules/shared/src/database.ts';
import { DURABLE_SCHEMA } from '../../../../modules/shared/src/durable-schema.ts';
import type { CheckResult } from '../../../../modules/store-and-forward/src/tool/check.ts';
import type { Inspection } from '../../../../modules/store-and-forward/src/tool/inspection.ts';
import { MIGRATIONS } from '../../../../modules/store-and-forward/src/tool/open-store.ts';
import { overwritePage } from '../../../support/damage.ts';
import { filledModule, READINGS, tool, type StoreModule } from './filled-store.ts';

describe('the store’s tool', function () {
  this.timeout(20_000);
  let module: StoreModule;
  /** A copy of the database, stopped, for each test to damage. */
  let folder: string;
  let path: string;

  before(async () => {
    module = await filledModule();
  });
  after(() => module.end());

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'store-tool-'));
    path = join(folder, 'store-and-forward.db');
    const source = new Sqlite(module.databasePath);
    source.pragma('wal_checkpoint(TRUNCATE)');
    source.close();
    copyFileSync(module.databasePath, path);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  /** Changes the copy as a damaged disk or a mistaken hand would. */
  function change(sql: string): void {
    const database = new Sqlite(path);
    database.exec(sql);
    database.close();
  }

  async function findings(): Promise<string> {
    const { code, stdout } = await tool(folder, 'check', '--json');
    const { results } = JSON.parse(stdout) as { results: CheckResult[] };
    const found = results.flatMap((result) => result.findings);
    assert.equal(code, found.length === 0 ? 0 : 1);
    for (const { remedy } of found) assert.notEqual(remedy, '');
    return found.map(({ place, problem }) => `${place}: ${problem}`).join('\n');
  }

  it('tells what waits, in which kinds, of a running module', async () => {
    const { code, stdout } = await tool(module.folder, 'inspect', '--json');
    const inspection = JSON.parse(stdout) as Inspection;

    assert.equal(code, 0);
    assert.equal(inspection.isRunning, true);
    const waiting = inspection.waiting.flatMap((part) => ('value' in part ? part.value : []));
    const entries = (kind: string) =>
      waiting.filter((one) => one.kind === kind).reduce((sum, one) => sum + one.entries, 0);
    assert.equal(entries('telemetry'), READINGS);
    assert.equal(entries('average'), 10);
    assert.equal(entries('anomaly'), 1);
    assert.deepEqual(new Set(waiting.map(({ place }) => place)).size, 3);
    assert.equal(module.status()['backlogReadings'], READINGS);
  });

  it('prints a page for people, without control characters of others', async () => {
    change("UPDATE quarantine SET reason = 'an' || char(27) || '[2Jescape'");
    const { stdout } = await tool(folder, 'inspect');

    assert.match(stdout, /stopped, schema \d/);
    assert.match(stdout, /telemetry +blocks/);
    assert.match(stdout, /maxDiskBytes \(64\.0 MiB\)/);
    assert.match(stdout, /an·\[2Jescape/);
    assert.ok(!stdout.includes('\u001B'));
  });

  it('finds nothing wrong with a database that the module left, running or stopped', async () => {
    assert.equal(await findings(), '');
    assert.equal((await tool(module.folder, 'check')).code, 0);
  });

  it('finds a block that cannot be unpacked', async () => {
    change("UPDATE blocks SET content = x'0100' WHERE rowid = (SELECT MAX(rowid) FROM blocks)");

    assert.match(await findings(), /^blocks \d+, \d+ readings: cannot be unpacked: /);
  });

  it('finds a page that was overwritten, and still tells of the others', async () => {
    overwritePage(path, 'outbox');
    const { code, stdout, stderr } = await tool(folder, 'inspect');

    assert.equal(code, 0, stderr);
    assert.match(stdout, /cannot be read: /);
    assert.match(stdout, /telemetry +blocks/);
    assert.match(stdout, /Quarantine\n +entries/);
    assert.match(await findings(), /^file: |cannot be read further/);
  });

  it('finds that a file was cut off', async () => {
    truncateSync(path, 64 * 4_096);
    const { code, stdout, stderr } = await tool(folder, 'check');

    assert.equal(code, 1);
    assert.match(stdout + stderr, /stop the module, then repair/);
  });

  it('finds readings that are missing, and numbers that are held twice', async () => {
    change('DELETE FROM blocks WHERE rowid = (SELECT MIN(rowid) FROM blocks)');
    assert.match(await findings(), /telemetry progress: of 10000 .* do not add up/);

    change(
      'UPDATE blocks SET first_number = first_number - 1 WHERE rowid = (SELECT MAX(rowid) FROM blocks)',
    );
    assert.match(await findings(), /holds number \d+, which blocks \d+ holds, too/);
  });

  it('finds messages and memory that are not what they must be', async () => {
    change(`UPDATE outbox SET body = '[{"id":"Meter01"}]' WHERE priority = 0;
      UPDATE meters SET seen = '{"sequences":[5,1],"others":[]}' WHERE id = 'Meter02';
      UPDATE kept SET value = '{"maxDiskBytes":"much"}' WHERE name = 'config'`);
    const found = await findings();

    assert.match(found, /outbox row \d+: holds what the contract does not allow: time/);
    assert.match(found, /meters Meter02: its ranges of sequence numbers are not ascending/);
    assert.match(found, /kept, config: maxDiskBytes/);
  });

  it('says what is wrong with a file that is not its own', async () => {
    writeFileSync(path, 'not a database, however long it is'.repeat(1_000));
    assert.match((await tool(folder, 'inspect')).stderr, /is no SQLite database/);

    rmSync(path);
    assert.match((await tool(folder, 'inspect')).stderr, /is missing: say which with --database/);
    assert.match((await tool(folder, 'inspect', '--database', folder)).stderr, /is no file/);

    openDatabase(path, [DURABLE_SCHEMA, ...averager.migrations]).close();
    assert.match((await tool(folder, 'check')).stderr, /is the database of another module/);
  });

  it('reads no other version, and says which can', async () => {
    rmSync(path);
    openDatabase(path, MIGRATIONS.slice(0, 2)).close();
    const old = await tool(folder, 'inspect');
    assert.equal(old.code, 1);
    assert.match(old.stderr, /schema version 2.*start the module of this version once/);

    change('PRAGMA user_version = 99');
    assert.match(
      (await tool(folder, 'inspect')).stderr,
      /use the tool of the module’s own version/,
    );
  });

  it('explains its words, and refuses others', async () => {
    assert.match((await tool(folder, '--help')).stdout, /inspect +what waits/);
    for (const words of [['look'], ['check', 'twice'], ['export', '--kinds', 'all'], ['--deep']]) {
      const { code, stderr } = await tool(folder, ...words);
      assert.equal(code, 2);
      assert.match(stderr, /--help lists what there is/);
    }
  });
});

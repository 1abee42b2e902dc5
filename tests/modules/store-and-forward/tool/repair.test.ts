import assert from 'node:assert/strict';
import {
  closeSync,
  copyFileSync,
  existsSync,
  mkdtempSync,
  openSync,
  readdirSync,
  readFileSync,
  rmSync,
  truncateSync,
  writeFileSync,
  writeSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Repair } from '../../../../modules/store-and-forward/src/tool/repair.ts';
import { overwritePage } from '../../../support/damage.ts';
import { filledModule, READINGS, tool, type StoreModule } from './filled-store.ts';

describe('the store’s repair', function () {
  this.timeout(20_000);
  let module: StoreModule;
  let folder: string;
  let path: string;

  before(async () => {
    module = await filledModule();
    const source = new Sqlite(module.databasePath);
    source.pragma('wal_checkpoint(TRUNCATE)');
    source.close();
  });
  after(() => module.end());

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'store-repair-'));
    path = join(folder, 'store-and-forward.db');
    copyFileSync(module.databasePath, path);
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  async function repaired(): Promise<Repair> {
    const { code, stdout, stderr } = await tool(folder, 'repair', '--json');
    assert.equal(code, 0, stdout + stderr);
    return JSON.parse(stdout) as Repair;
  }

  /** Every reading that was taken in is still there, or in the ledger. */
  async function assertAccounted({ losses }: Repair): Promise<number> {
    const { stdout } = await tool(folder, 'export');
    const held = stdout.trimEnd().split('\r\n').length - 1;
    const told = losses
      .filter(({ kind }) => kind === 'telemetry')
      .reduce((sum, { count }) => sum + count, 0);
    assert.equal(held + told, READINGS);
    assert.equal((await tool(folder, 'check')).code, 0);
    return told;
  }

  it('leaves a sound database as it is', async () => {
    const before = readFileSync(path);

    assert.match((await tool(folder, 'repair')).stdout, /all is well, nothing was changed/);
    assert.deepEqual(readFileSync(path), before);
  });

  it('saves everything but a page that was overwritten, and keeps the damaged file', async () => {
    overwritePage(path, 'meters');
    const damaged = readFileSync(path);
    const repair = await repaired();

    assert.equal(await assertAccounted(repair), 0);
    assert.equal(repair.tables.find(({ name }) => name === 'outbox')?.lostRows, 0);
    const aside = repair.aside.find((name) => /\.damaged-[\dTZ]+$/.test(name)) ?? '';
    assert.deepEqual(readFileSync(aside), damaged);
  });

  it('has in the ledger what a cut-off file does not hold any more', async () => {
    truncateSync(path, Math.floor(readFileSync(path).length / 2));
    const repair = await repaired();

    assert.ok((await assertAccounted(repair)) > 0);
    assert.match(repair.losses.map(({ reason }) => reason).join(), /damaged on disk/);
  });

  it('puts away blocks that cannot be unpacked, and counts their readings', async () => {
    const database = new Sqlite(path);
    const first = '(SELECT MIN(first_number) FROM blocks)';
    const lost = Number(
      database.prepare(`SELECT readings FROM blocks WHERE first_number = ${first}`).pluck().get(),
    );
    database.exec(`UPDATE blocks SET content = x'0100' WHERE first_number = ${first}`);
    database.close();

    assert.equal(await assertAccounted(await repaired()), lost);
  });

  it('begins anew where even the first page is gone', async () => {
    const file = openSync(path, 'r+');
    writeSync(file, Buffer.alloc(4_096, 0x5a), 0, 4_096, 0);
    closeSync(file);
    const { stdout, code } = await tool(folder, 'repair');

    assert.equal(code, 0, stdout);
    assert.match(stdout, /repaired\n\n +table +rows saved +rows lost\n/);
    assert.match(stdout, /Kept aside/);
    assert.equal((await tool(folder, 'check')).code, 0);
  });

  it('keeps its hands off a running module, and off what is not store-and-forward’s', async () => {
    const running = await tool(module.folder, 'repair');
    assert.equal(running.code, 1);
    assert.match(running.stderr, /in use by a running module: stop it first/);

    const other = join(folder, 'letters.txt');
    writeFileSync(other, 'nothing but text'.repeat(1_000));
    assert.match((await tool(folder, 'repair', '--database', other)).stderr, /is not named/);
    const { stderr } = await tool(folder, 'repair', '--database', join(folder, 'nothing.db'));
    assert.match(stderr, /nothing\.db is missing/);
    assert.deepEqual(
      readdirSync(folder).filter((name) => name.includes('damaged')),
      [],
    );
    assert.ok(existsSync(other));
  });
});

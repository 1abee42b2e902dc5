import assert from 'node:assert/strict';
import { mkdtempSync, readdirSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { readDatabase } from '../../../../modules/shared/src/database.ts';
import { exportedTexts } from '../../../../modules/store-and-forward/src/tool/exports.ts';
import { BASE_MS, filledModule, READINGS, tool, type StoreModule } from './filled-store.ts';

const ALWAYS = { fromMs: Number.NEGATIVE_INFINITY, toMs: Number.POSITIVE_INFINITY };

/** The sequence numbers of telemetry records, ascending. */
function sequences(csv: string): number[] {
  const [header, ...records] = csv.trimEnd().split('\r\n');
  assert.equal(header, 'id,time,temp,seq');
  return records.map((record) => Number(record.split(',')[3])).toSorted((a, b) => a - b);
}

describe('the store’s export', function () {
  this.timeout(20_000);
  let module: StoreModule;
  let folder: string;

  beforeEach(async () => {
    folder = mkdtempSync(join(tmpdir(), 'store-export-'));
    module = await filledModule();
  });
  afterEach(async () => {
    await module.end();
    rmSync(folder, { recursive: true });
  });

  it('gives every reading once, wherever it waits', async () => {
    const { code, stdout, stderr } = await tool(module.folder, 'export');

    assert.equal(code, 0);
    assert.equal(stderr, `telemetry: ${READINGS} records\n`);
    assert.deepEqual(
      sequences(stdout),
      Array.from({ length: READINGS }, (_, seq) => seq),
    );
    assert.match(stdout, /^Meter01,2026-06-01T00:00:01\.000Z,70\.1,1\r$/m);
  });

  it('gives every reading once while the module sends them on', async () => {
    const database = readDatabase(module.databasePath);
    const texts: string[] = [];
    const tally = { records: 0, unreadable: 0 };
    let turn = 0;
    for (const text of exportedTexts(database, 'telemetry', ALWAYS, tally)) {
      texts.push(text);
      turn += 1;
      if (turn !== 3) continue;
      // Half of the outbox leaves, and blocks take its place.
      module.client.fails = false;
      module.client.handlers.connected();
      await module.clock.advance(20_000);
      module.client.fails = true;
    }
    database.close();
    const sent = module.client.bodies('upstream').flat() as { seq?: number; id: string }[];
    const exported = sequences(texts.join(''));

    assert.ok(sent.length > 1_000, `${sent.length} were sent meanwhile`);
    assert.equal(new Set(exported).size, exported.length, 'a reading came twice');
    const known = new Set([...exported, ...sent.map(({ seq }) => seq)]);
    for (let seq = 0; seq < READINGS; seq += 1) assert.ok(known.has(seq), `${seq} is missing`);
  });

  it('gives what lies between two instants', async () => {
    const from = new Date(BASE_MS + 100_000).toISOString();
    const to = new Date(BASE_MS + 200_000).toISOString();
    const { stdout } = await tool(module.folder, 'export', '--from', from, '--to', to);
    const found = sequences(stdout);

    assert.equal(found.length, 100);
    assert.equal(found[0], 100);
    const wrong = await tool(module.folder, 'export', '--from', 'yesterday');
    assert.match(wrong.stderr, /--from yesterday: say 2026-06-01/);
  });

  it('writes one file for each kind, whole or not at all', async () => {
    const out = join(folder, 'csv');
    const kinds = ['--kinds', 'telemetry,average,anomaly,ledger', '--out', out];
    assert.equal((await tool(module.folder, 'export', ...kinds)).code, 0);

    assert.deepEqual(readdirSync(out).toSorted(), [
      'anomaly.csv',
      'average.csv',
      'ledger.csv',
      'telemetry.csv',
    ]);
    assert.match(
      readFileSync(join(out, 'anomaly.csv'), 'utf8'),
      /^id,time,seq,temp,direction,score,confidence,historySize,usual\r\nMeter01,2026-06-01T00:10:00Z,600,95,spike,/,
    );
    assert.equal(readFileSync(join(out, 'average.csv'), 'utf8').split('\r\n').length, 12);
    const failed = await tool(module.folder, 'export', '--out', join(out, 'average.csv', 'x.csv'));
    assert.equal(failed.code, 1);
    assert.match(failed.stderr, /x\.csv cannot be written/);
  });

  it('leaves out what cannot be unpacked, and says how much that is', async () => {
    const database = new Sqlite(module.databasePath);
    const readings = Number(
      database.prepare('SELECT readings FROM blocks ORDER BY first_number LIMIT 1').pluck().get(),
    );
    database.exec(
      "UPDATE blocks SET content = x'0100' WHERE rowid = (SELECT MIN(rowid) FROM blocks)",
    );
    database.close();
    const { code, stdout, stderr } = await tool(module.folder, 'export');

    assert.equal(code, 1);
    assert.equal(sequences(stdout).length, READINGS - readings);
    assert.match(stderr, new RegExp(`^${readings} readings are in blocks`, 'm'));
  });
});

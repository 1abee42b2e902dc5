import assert from 'node:assert/strict';
import { statSync } from 'node:fs';
import Sqlite from 'better-sqlite3';
import { z } from 'zod';
import { storeAndForward } from '../../../modules/store-and-forward/src/store-and-forward.ts';
import { FakeModule } from '../../support/fake-module.ts';

const READINGS = 20_000;
const BATCH = 1_000;

function batch(first: number) {
  return Array.from({ length: BATCH }, (_, index) => {
    const seq = first + index;
    const time = new Date(Date.parse('2026-06-01T00:00:00Z') + seq * 1_000).toISOString();
    return { id: `Meter0${seq % 5}`, time, temp: 70 + Math.sin(seq), seq };
  });
}

describe('a database from before files could shrink', function () {
  this.timeout(20_000);
  let module: FakeModule<typeof storeAndForward.schema.shape>;

  beforeEach(async () => {
    module = new FakeModule(storeAndForward);
    module.client.fails = true;
    module.client.connect({ maxDelaySeconds: 1 });
    for (let first = 0; first < READINGS; first += BATCH) {
      await module.client.deliver('telemetry', batch(first));
    }
  });
  afterEach(() => module.end());

  /** The file as SQLite made it by default: pages are never given back. */
  function makeOld(): void {
    const database = new Sqlite(module.databasePath);
    database.pragma('journal_mode = DELETE');
    database.pragma('auto_vacuum = NONE');
    database.exec('VACUUM');
    assert.equal(database.pragma('auto_vacuum', { simple: true }), 0);
    database.close();
  }

  it('is rewritten once within its limit, loses nothing, and shrinks from then on', async () => {
    let before = 0;
    await module.restart(() => {
      makeOld();
      before = statSync(module.databasePath).size;
    });
    assert.equal(module.status()['backlogReadings'], READINGS);
    module.client.connect({ maxDelaySeconds: 1, deliveredSharePercent: 0 });
    await module.clock.advance(60_000);

    const readings = module.client.bodies('upstream').flat() as { seq: number }[];
    assert.equal(new Set(readings.map(({ seq }) => seq)).size, READINGS);
    assert.equal(module.status()['backlogReadings'], 0);
    const after = statSync(module.databasePath).size;
    assert.ok(after < before / 2, `${before} bytes before, ${after} after`);
  });
});

describe('a database from before readings waited as themselves', () => {
  /** What programs know that read waiting texts alone. */
  const TEXTS_VERSION = 5;
  const Texts = z
    .array(z.unknown())
    .transform((readings) => readings.map((r) => JSON.stringify(r)));
  let module: FakeModule<typeof storeAndForward.schema.shape>;

  beforeEach(async () => {
    module = new FakeModule(storeAndForward);
    module.client.connect({ maxDelaySeconds: 60 });
    await module.client.deliver('telemetry', batch(0).slice(0, 3));
  });
  afterEach(() => module.end());

  function makeOld(): void {
    const database = new Sqlite(module.databasePath);
    const row = database.prepare('SELECT readings FROM waiting').pluck().get();
    const texts = Texts.parse(JSON.parse(String(row)));
    database.prepare('UPDATE waiting SET readings = ?').run(JSON.stringify(texts));
    database.pragma(`user_version = ${TEXTS_VERSION}`);
    database.close();
  }

  it('is read as it is, and no program of then takes it for damaged afterwards', async () => {
    await module.restart(makeOld);
    module.client.connect({ maxDelaySeconds: 60 });
    await module.clock.advance(61_000);
    assert.deepEqual(module.client.bodies('upstream').flat(), batch(0).slice(0, 3));

    const database = new Sqlite(module.databasePath, { readonly: true });
    const version = Number(database.pragma('user_version', { simple: true }));
    database.close();
    assert.ok(version > TEXTS_VERSION, `version ${version}`);
  });
});

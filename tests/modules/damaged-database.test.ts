/** Damage to what was committed: detected, salvaged, the rest in the ledger, and the module runs on. */
import assert from 'node:assert/strict';
import {
  cpSync,
  existsSync,
  readdirSync,
  rmSync,
  statSync,
  truncateSync,
  writeFileSync,
} from 'node:fs';
import { basename, dirname, join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { anomalyDetector } from '../../modules/anomaly-detector/src/anomaly-detector.ts';
import { averager } from '../../modules/averager/src/averager.ts';
import { storeAndForward } from '../../modules/store-and-forward/src/store-and-forward.ts';
import { cut, leavesOf, overwrite, overwritePage } from '../support/damaged-files.ts';
import { settled } from '../support/fake-clock.ts';
import { FakeModule } from '../support/fake-module.ts';

const BASE_MS = Date.parse('2026-06-01T11:00:00Z');
const METERS = 40;
const ROUNDS = 60;
const CONFIG: Readonly<Record<string, Record<string, unknown>>> = {
  readings: { windowSeconds: 20, latenessSeconds: 0 },
  telemetry: { maxMessageBytes: 4_096 },
};

const MODULES = [
  {
    name: 'averager',
    input: 'readings',
    tables: ['windows', 'meters', 'outbox'],
    state: 'windows',
    nonsenseIn: ['UPDATE windows SET state = ?, changed = 1'],
    start: () => new FakeModule(averager),
  },
  {
    name: 'anomaly-detector',
    input: 'readings',
    tables: ['meters', 'kept'],
    state: 'meters',
    nonsenseIn: ['UPDATE meters SET state = ?'],
    start: () => new FakeModule(anomalyDetector),
  },
  {
    name: 'store-and-forward',
    input: 'telemetry',
    tables: ['blocks', 'meters', 'outbox'],
    state: 'meters',
    nonsenseIn: ['UPDATE meters SET seen = ?', 'UPDATE outbox SET properties = ?'],
    start: () => new FakeModule(storeAndForward),
  },
];

for (const { name, input, tables, state, nonsenseIn, start } of MODULES) {
  describe(`${name} on a damaged database`, function () {
    this.timeout(20_000);
    let module: ReturnType<typeof start>;

    const reading = (meter: number, round: number) => ({
      id: `Meter${meter}`,
      time: new Date(BASE_MS + round * 10_000).toISOString(),
      temp: round === 50 ? 95 : 70 + ((meter * 7 + round * 13) % 97) / 100,
      seq: round,
      // So that what waits takes some pages.
      note: `${(meter * 7_919 + round * 104_729) % 1_000_003}`.repeat(8),
    });
    const batch = (round: number) =>
      Array.from({ length: METERS }, (_, meter) => reading(meter, round));
    const query = (sql: string): unknown[] => {
      const database = new Sqlite(module.databasePath, { readonly: true });
      const rows = database.prepare(sql).pluck().all();
      database.close();
      return rows;
    };
    const count = (table: string) => Number(query(`SELECT COUNT(*) FROM ${table}`)[0]);
    const losses = () =>
      query('SELECT loss FROM losses').reduce(
        (sum: number, loss) => sum + Number((JSON.parse(String(loss)) as { count: number }).count),
        0,
      );
    /** New input is taken in and answered for, as if nothing had been. */
    const runsOn = async () => {
      module.client.fails = true;
      module.client.connect();
      const later = await module.client.deliver(input, batch(ROUNDS + 1));
      assert.ok(later.acknowledged);
      assert.deepEqual(module.failures, []);
      assert.equal(query('PRAGMA integrity_check')[0], 'ok');
    };

    const files = () => ['', '-wal', '.mark'].map((ending) => `${module.databasePath}${ending}`);
    const asideOf = (state: string, file: string) => join(module.folder, state, basename(file));
    /** Keeps the files as they are, open or closed. */
    const keep = (state: string) => {
      for (const file of files()) {
        if (existsSync(file)) cpSync(file, asideOf(state, file));
      }
    };
    /** Starts on the files as they were kept, damaged. */
    const restartOn = (state: string, damage: () => void) =>
      module.restart(() => {
        for (const name of readdirSync(module.folder)) {
          if (name.includes('.db')) rmSync(join(module.folder, name));
        }
        for (const file of files()) {
          if (existsSync(asideOf(state, file))) cpSync(asideOf(state, file), file);
        }
        damage();
      });

    before(async () => {
      module = start();
      module.client.fails = true;
      module.client.connect(CONFIG[input]);
      for (let round = 0; round < ROUNDS; round += 1) {
        await module.client.deliver(input, batch(round));
      }
      await settled();
      keep('open');
      await module.restart(() => keep('closed'));
    });

    after(() => module.end());

    for (const table of tables) {
      it(`loses a page in the middle of ${table}, keeps the others and runs on`, async () => {
        await restartOn('closed', () => {});
        const before = count(table);
        await restartOn('closed', () => {
          const leaves = leavesOf(module.databasePath, table);
          overwritePage(module.databasePath, leaves[Math.floor(leaves.length / 2)] ?? 0);
        });

        if (before > 50) assert.ok(count(table) > before / 2, `${count(table)} of ${before}`);
        await runsOn();
      });
    }

    it('begins with all that it had when the header of the file is gone', async () => {
      await restartOn('closed', () => {});
      const before = count(state);
      await restartOn('closed', () => overwrite(module.databasePath, 0, 100));

      assert.equal(count(state), before);
      assert.equal(losses(), 0);
      await runsOn();
    });

    it('begins with what is left of a file that was cut, and sets the rest aside', async () => {
      await restartOn('closed', () => cut(module.databasePath, 0.6));
      const names = readdirSync(dirname(module.databasePath));

      assert.equal(names.filter((file) => file.includes('.damaged-')).length, 1);
      await runsOn();
    });

    it('begins anew with a file that is no database any more, and tells what was in it', async () => {
      await restartOn('closed', () =>
        writeFileSync(module.databasePath, 'no database'.repeat(1_000)),
      );

      assert.equal(count(state), 0);
      await runsOn();
    });

    it('tells of all it had acknowledged when its file was emptied', async () => {
      await restartOn('closed', () => truncateSync(module.databasePath, 0));

      assert.equal(losses(), METERS * ROUNDS);
      await runsOn();
    });

    it('begins anew without a word when its file was taken away', async () => {
      await restartOn('closed', () => rmSync(module.databasePath));

      assert.equal(losses(), 0);
      await runsOn();
    });

    for (const nonsense of ['{', '{"nonsense":true}']) {
      it(`leaves out ${nonsense}, which a flipped bit may leave, and runs on`, async () => {
        await restartOn('closed', () => {
          const database = new Sqlite(module.databasePath);
          for (const sql of nonsenseIn) database.prepare(sql).run(nonsense);
          database.close();
        });
        // Some of it is only met when it is needed, and some is found readable at first.
        for (let life = 0; life < 3; life += 1) {
          module.client.fails = true;
          module.client.connect();
          await module.client.deliver(input, batch(ROUNDS + 2));
          if (module.failures.splice(0).length > 0) await module.restart();
        }
        await runsOn();
      });
    }

    it('notices that its log was damaged, which SQLite does not, and tells what was in it', async () => {
      await restartOn('open', () => overwrite(`${module.databasePath}-wal`, 200, 10));

      assert.equal(module.status()['received'], METERS * ROUNDS);
      assert.ok(losses() > 0 && losses() <= METERS * ROUNDS, String(losses()));
      await runsOn();
    });

    it('takes a log that ends in the middle of a transaction for what a power cut leaves', async () => {
      const log = `${module.databasePath}-wal`;
      await restartOn('open', () => {
        rmSync(`${module.databasePath}.mark`);
        truncateSync(log, statSync(log).size - 10_000);
      });

      assert.equal(losses(), 0);
      await runsOn();
    });
  });
}

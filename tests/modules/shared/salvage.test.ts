import assert from 'node:assert/strict';
import {
  existsSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  renameSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import { openDatabase } from '../../../modules/shared/src/database.ts';
import { finishSalvage, salvage } from '../../../modules/shared/src/salvage/salvage.ts';
import {
  cut,
  leavesOf,
  overflowOf,
  overwrite,
  overwritePage,
  PAGE_BYTES,
} from '../../support/damaged-files.ts';

const SCHEMA = [
  `CREATE TABLE numbered (row INTEGER PRIMARY KEY AUTOINCREMENT, text TEXT NOT NULL, amount REAL,
     count INTEGER, bytes BLOB);
   CREATE TABLE named (kind TEXT NOT NULL, id TEXT NOT NULL, extra TEXT, PRIMARY KEY (id, kind))
     WITHOUT ROWID;`,
  'ALTER TABLE numbered ADD COLUMN later INTEGER NOT NULL DEFAULT 7;',
];
const TABLES = ['numbered', 'named', 'sqlite_sequence'];

describe('salvage of a database', function () {
  this.timeout(20_000);
  let folder: string;
  let path: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'salvage-'));
    path = join(folder, 'module.db');
  });

  afterEach(() => rmSync(folder, { recursive: true }));

  const contentOf = (file: string) => {
    const database = new Sqlite(file, { readonly: true });
    database.defaultSafeIntegers(true);
    const content = TABLES.map((table) => database.prepare(`SELECT * FROM ${table}`).all());
    database.close();
    return content;
  };
  const save = (complete = () => {}) =>
    salvage(path, { migrations: SCHEMA, isKept: () => true, complete });
  const fill = (rows: number) => {
    const { database, close } = openDatabase(path, SCHEMA);
    const numbered = database.prepare(
      'INSERT INTO numbered (text, amount, count, bytes) VALUES (?, ?, ?, ?)',
    );
    const named = database.prepare('INSERT INTO named VALUES (?, ?, ?)');
    database.transaction(() => {
      for (let row = 0; row < rows; row += 1) {
        // Now and then one that needs pages of its own.
        const long = row % 97 === 0 ? 'long '.repeat(5_000) : `text ${row}`;
        numbered.run(long, row / 3, row, Buffer.from([row % 256]));
        named.run(`kind ${row % 3}`, `id ${row}`, row % 2 === 0 ? null : long);
      }
    })();
    close();
  };
  const rowsIn = (table: string) => {
    const database = new Sqlite(path, { readonly: true });
    const rows = Number(database.prepare(`SELECT COUNT(*) FROM ${table}`).pluck().get());
    assert.equal(database.pragma('integrity_check', { simple: true }), 'ok');
    database.close();
    return rows;
  };

  it('gives every row of an undamaged one, bit for bit', () => {
    const row = fc.tuple(
      fc.string({ unit: 'grapheme', maxLength: 6_000 }),
      fc.option(fc.double({ noNaN: true })),
      fc.option(fc.bigInt({ min: -(2n ** 63n), max: 2n ** 63n - 1n })),
      fc.option(fc.uint8Array({ maxLength: 9_000 })),
    );
    fc.assert(
      fc.property(fc.array(row, { maxLength: 40 }), (rows) => {
        for (const name of readdirSync(folder)) rmSync(join(folder, name));
        const { database, close } = openDatabase(path, SCHEMA);
        const numbered = database.prepare(
          'INSERT INTO numbered (text, amount, count, bytes) VALUES (?, ?, ?, ?)',
        );
        const named = database.prepare('INSERT OR IGNORE INTO named VALUES (?, ?, ?)');
        for (const [text, amount, count, bytes] of rows) {
          numbered.run(text, amount, count, bytes);
          named.run(text, String(count), text);
        }
        close();
        const before = contentOf(path);
        const { tables } = save();
        assert.deepEqual(contentOf(path), before);
        assert.ok(tables.every(({ lostRows }) => lostRows === 0));
      }),
      { numRuns: 10 },
    );
  });

  it('gives the rows of the log, too, which SQLite has not copied into the file', () => {
    fill(10);
    const { database, close } = openDatabase(path, SCHEMA);
    database.exec("INSERT INTO numbered (text) VALUES ('in the log')");
    for (const ending of ['', '-wal']) {
      writeFileSync(`${path}.copy${ending}`, readFileSync(`${path}${ending}`));
    }
    close();
    for (const ending of ['', '-wal']) renameSync(`${path}.copy${ending}`, `${path}${ending}`);
    save();

    assert.equal(rowsIn('numbered'), 11);
  });

  it('fills what older rows do not have with what was decided for it', () => {
    openDatabase(path, SCHEMA.slice(0, 1)).close();
    const old = new Sqlite(path);
    old.exec("INSERT INTO numbered (text) VALUES ('old')");
    old.close();
    openDatabase(path, SCHEMA).close();
    save();

    const database = new Sqlite(path, { readonly: true });
    assert.equal(database.prepare('SELECT later FROM numbered').pluck().get(), 7);
    database.close();
  });

  for (const table of ['numbered', 'named']) {
    it(`loses of ${table} only what lay on a damaged page, and says about how much`, () => {
      fill(2_000);
      const leaves = leavesOf(path, table);
      overwritePage(path, leaves[Math.floor(leaves.length / 2)] ?? 0);
      const { tables } = save();

      const lost = 2_000 - rowsIn(table);
      const said = tables.find(({ name }) => name === table)?.lostRows ?? 0;
      assert.ok(lost > 0 && lost < 300, String(lost));
      assert.ok(said > lost / 5 && said < lost * 5, `${said} of ${lost}`);
      assert.equal(rowsIn(table === 'named' ? 'numbered' : 'named'), 2_000);
    });

    it(`finds what is below a damaged page in the middle of ${table}`, () => {
      fill(8_000);
      const database = new Sqlite(path, { readonly: true });
      const inner = database
        .prepare("SELECT pageno FROM dbstat WHERE name = ? AND pagetype = 'internal'")
        .pluck()
        .all(table) as number[];
      database.close();
      assert.ok(inner.length > 0);
      for (const page of inner) overwritePage(path, page);
      save();

      const between = table === 'named' ? inner.length * 400 : 0;
      assert.ok(rowsIn(table) >= 8_000 - between, String(rowsIn(table)));
    });
  }

  it('gives all rows when the header is gone, and when the whole first page is', () => {
    fill(500);
    overwrite(path, 0, 100);
    save();
    assert.deepEqual([rowsIn('numbered'), rowsIn('named')], [500, 500]);

    overwritePage(path, 1);
    save();
    assert.deepEqual([rowsIn('numbered'), rowsIn('named')], [500, 500]);
  });

  it('gives what lies before the end of a file that was cut', () => {
    fill(2_000);
    cut(path, 0.5);
    save();

    assert.ok(rowsIn('numbered') + rowsIn('named') > 1_000);
  });

  it('gives an empty database for a file that is none', () => {
    writeFileSync(path, 'this is no database, whatever its name says'.repeat(1_000));
    save();

    assert.deepEqual([rowsIn('numbered'), rowsIn('named')], [0, 0]);
  });

  it('loses a row that goes round, instead of taking a part of it for the rest', () => {
    fill(98);
    const [page = 0] = overflowOf(path, 'numbered');
    const file = readFileSync(path);
    file.writeUInt32BE(page, (page - 1) * PAGE_BYTES);
    writeFileSync(path, file);
    const { tables } = save();

    assert.deepEqual([rowsIn('numbered'), rowsIn('named')], [97, 98]);
    assert.equal(tables.find(({ name }) => name === 'numbered')?.lostRows, 1);
  });

  it('comes to an end whatever bytes are damaged', () => {
    fill(300);
    const whole = readFileSync(path);
    const place = fc.tuple(fc.nat(whole.length - 1), fc.nat(255));
    fc.assert(
      fc.property(fc.array(place, { minLength: 1, maxLength: 200 }), (places) => {
        const damaged = Buffer.from(whole);
        for (const [at, byte] of places) damaged[at] = byte;
        writeFileSync(path, damaged);
        save();
        assert.ok(rowsIn('numbered') <= 300);
      }),
      { numRuns: 15 },
    );
  });

  it('keeps the damaged one aside, the latest only', () => {
    fill(10);
    save();
    save();

    const names = readdirSync(folder).filter((name) => name.includes('damaged'));
    assert.match(names.join(), /^module\.db\.damaged-\d{8}T\d{6}Z$/);
  });

  it('is finished at the next start when it was killed between its two renames', () => {
    fill(10);
    save();
    renameSync(path, `${path}.salvaged`);
    fill(3);
    finishSalvage(path);

    assert.equal(rowsIn('numbered'), 10);
    assert.ok(!existsSync(`${path}.salvaged`));
  });

  it('leaves everything as it is when there is no room for the fresh one', () => {
    fill(10);
    const before = contentOf(path);
    assert.throws(() =>
      save(() => {
        throw new Error('no room');
      }),
    );

    assert.deepEqual(contentOf(path), before);
    assert.ok(readdirSync(folder).every((name) => !name.includes('damaged')));
  });
});

import assert from 'node:assert/strict';
import {
  appendFileSync,
  existsSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  GroundTruthFile,
  TRUTH_SCHEMA,
} from '../../../modules/meter-simulator/src/ground-truth-file.ts';
import { openDatabase, type OpenDatabase } from '../../../modules/shared/src/database.ts';

const AT_MS = Date.parse('2026-06-01T12:00:00Z');
const HEADER = 'number,meter,from,to,kind,size\n';

describe('ground-truth file', () => {
  let folder: string;
  let opened: OpenDatabase;
  let file: GroundTruthFile;
  const read = (name = 'ground-truth.csv') => readFileSync(join(folder, name), 'utf8');
  const note = (size: number) =>
    file.note({ meter: 'm', fromMs: AT_MS, toMs: AT_MS, kind: 'spike', size });
  const line = (number: number, size: number) =>
    `${number},m,2026-06-01T12:00:00.000Z,2026-06-01T12:00:00.000Z,spike,${size}\n`;
  const begin = (mostBytes?: number) => {
    file = new GroundTruthFile(opened.database, folder, mostBytes);
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'ground-truth-'));
    opened = openDatabase(join(folder, 'journal.db'), [TRUTH_SCHEMA]);
    begin();
  });

  afterEach(() => {
    opened.close();
    rmSync(folder, { recursive: true });
  });

  it('has a line for everything that was noted, with a number of its own', () => {
    note(20);
    file.note({ meter: 'n', fromMs: AT_MS, toMs: undefined, kind: 'stuck', size: 70.5 });
    file.write();
    assert.equal(read(), `${HEADER}${line(1, 20)}2,n,2026-06-01T12:00:00.000Z,,stuck,70.5\n`);
  });

  it('has nothing that was not committed', () => {
    const failing = opened.database.transaction(() => {
      note(20);
      throw new Error('full disk');
    });
    assert.throws(failing, /full disk/);
    file.write();
    assert.equal(existsSync(join(folder, 'ground-truth.csv')), false);
  });

  it('has every line once when its writer was killed between file and database', () => {
    note(1);
    note(2);
    const kept = opened.database.prepare('SELECT number, line FROM truth').all();
    file.write();
    const insert = opened.database.prepare('INSERT INTO truth VALUES (:number, :line)');
    for (const row of kept) insert.run(row);
    begin();
    note(3);
    file.write();
    assert.equal(read(), HEADER + line(1, 1) + line(2, 2) + line(3, 3));
  });

  it('begins a file anew for a database that was begun anew, and loses no line of it', () => {
    for (const size of [20, 21, 22]) note(size);
    file.write();
    opened.close();
    rmSync(join(folder, 'journal.db'));
    opened = openDatabase(join(folder, 'journal.db'), [TRUTH_SCHEMA]);
    begin();
    note(30);
    file.write();

    assert.equal(read(), HEADER + line(1, 30));
    assert.equal(read('ground-truth.1.csv'), HEADER + line(1, 20) + line(2, 21) + line(3, 22));
  });

  it('finishes a line that its killed writer left half written', () => {
    note(1);
    file.write();
    appendFileSync(join(folder, 'ground-truth.csv'), '2,m,2026-06-');
    begin();
    note(2);
    file.write();
    assert.equal(read(), HEADER + line(1, 1) + line(2, 2));
  });

  it('begins another file when one is full, and keeps three earlier ones', () => {
    begin(100);
    for (let size = 1; size <= 12; size += 1) {
      note(size);
      file.write();
    }
    const texts = ['', '.1', '.2', '.3'].map((age) => read(`ground-truth${age}.csv`));
    assert.ok(texts.every((text) => text.startsWith(HEADER)));
    assert.equal(
      texts.toReversed().join('').replaceAll(HEADER, ''),
      [5, 6, 7, 8, 9, 10, 11, 12].map((size) => line(size, size)).join(''),
    );
    assert.equal(existsSync(join(folder, 'ground-truth.4.csv')), false);
  });

  it('goes on with its numbers after a full file', () => {
    begin(100);
    note(1);
    file.write();
    note(2);
    file.write();
    writeFileSync(join(folder, 'ground-truth.csv'), '');
    begin(100);
    note(3);
    file.write();
    assert.match(read(), /^number.*\n3,/);
  });
});

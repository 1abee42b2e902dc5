/** Torn ends of write-ahead logs that SQLite itself wrote, judged by SQLite itself. */
import assert from 'node:assert/strict';
import { copyFileSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { Random } from '../../../modules/meter-simulator/src/core/random.ts';
import { TEARS, tornLog } from '../../../simulator/chaos/core/torn-write.ts';
import {
  logShape,
  nextFrame,
  type LogShape,
} from '../../../simulator/chaos/core/write-ahead-log.ts';
import { tearLogs } from '../../../simulator/chaos/tear-logs.ts';

const ROWS = 300;

describe('torn write-ahead log', () => {
  let folder: string;
  let writer: Sqlite.Database;
  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'torn-log-'));
    writer = new Sqlite(join(folder, 'live.db'));
    writer.pragma('journal_mode = WAL');
    writer.exec('CREATE TABLE numbers (number INTEGER, filling TEXT)');
  });
  afterEach(() => {
    writer.close();
    rmSync(folder, { recursive: true });
  });

  const insert = (count: number) => {
    const statement = writer.prepare('INSERT INTO numbers VALUES (?, ?)');
    for (let number = 0; number < count; number += 1) statement.run(number, 'x'.repeat(500));
  };
  /** What is on disk at this moment, as a kill would leave it. */
  const killedCopy = () => {
    for (const end of ['', '-wal']) {
      copyFileSync(join(folder, `live.db${end}`), join(folder, `killed.db${end}`));
    }
    return readFileSync(join(folder, 'killed.db-wal'));
  };
  const shapeOf = (log: Buffer): LogShape => {
    const shape = logShape(log);
    assert.ok(shape !== undefined);
    return shape;
  };
  const rowsAfter = (log: Buffer) => {
    writeFileSync(join(folder, 'killed.db-wal'), log);
    rmSync(join(folder, 'killed.db-shm'), { force: true });
    const database = new Sqlite(join(folder, 'killed.db'));
    try {
      assert.equal(database.pragma('integrity_check', { simple: true }), 'ok');
      return database.prepare('SELECT COUNT(*) FROM numbers').pluck().get();
    } finally {
      database.close();
    }
  };

  for (const tear of TEARS) {
    it(`keeps what was committed when its end is torn: ${tear}`, () => {
      insert(ROWS);
      for (let seed = 0; seed < 12; seed += 1) {
        const log = killedCopy();
        const torn = tornLog(log, shapeOf(log), tear, new Random(seed));
        assert.equal(rowsAfter(torn), ROWS);
      }
    });
  }

  it('ends with its last commit, not with the frames of a transaction that goes on', () => {
    insert(ROWS);
    const before = shapeOf(killedCopy());
    assert.equal(before.openFrames, 0);
    // More than its cache holds, so that SQLite writes before the commit.
    writer.pragma('cache_size = 10');
    writer.exec('BEGIN');
    insert(ROWS);
    const log = killedCopy();
    writer.exec('ROLLBACK');

    const during = shapeOf(log);
    assert.ok(during.openFrames > 0);
    assert.equal(during.committedBytes, before.committedBytes);
    assert.equal(rowsAfter(tornLog(log, during, 'cut', new Random(1))), ROWS);
  });

  it('ends with its last commit when frames of an earlier round lie behind it', () => {
    insert(ROWS);
    writer.pragma('wal_checkpoint(RESTART)');
    insert(1);
    const log = killedCopy();

    const { committedBytes } = shapeOf(log);
    assert.ok(committedBytes < log.length / 2);
    assert.equal(rowsAfter(tornLog(log, shapeOf(log), 'garbage', new Random(1))), ROWS + 1);
  });

  it('would lose a commit if it were cut before its end', () => {
    insert(ROWS);
    const log = killedCopy();

    const { committedBytes } = shapeOf(log);
    assert.equal(rowsAfter(log.subarray(0, committedBytes - 1)), ROWS - 1);
  });

  it('is written on by SQLite with frames like ours', () => {
    insert(1);
    const log = killedCopy();
    const { pageBytes, committedBytes } = shapeOf(log);
    insert(1);
    const longer = killedCopy();
    const frameHeader = longer.subarray(committedBytes, committedBytes + 24);
    const content = longer.subarray(committedBytes + 24, committedBytes + 24 + pageBytes);
    const [page, pages] = [frameHeader.readUInt32BE(0), frameHeader.readUInt32BE(4)];
    assert.equal(page, 2);

    const ours = nextFrame(shapeOf(log), { pages, content });
    // Ours is page 1, theirs page 2; all else but the checksum is alike.
    assert.deepEqual(ours.subarray(4, 16), frameHeader.subarray(4, 16));
    const first = nextFrame({ ...shapeOf(log) }, { pages: 0, content });
    assert.equal(logShape(Buffer.concat([log, first]))?.openFrames, 1);
  });

  it('is told from what is none', () => {
    assert.equal(logShape(Buffer.alloc(0)), undefined);
    assert.equal(logShape(Buffer.alloc(4_096)), undefined);
  });

  it('is found in a folder, and says what lay behind the last commit', () => {
    insert(ROWS);
    killedCopy();
    rmSync(join(folder, 'live.db-wal'));

    assert.deepEqual(tearLogs(folder, 'cut', new Random(3)), [{ openFrames: 0, bytes: 0 }]);
  });
});

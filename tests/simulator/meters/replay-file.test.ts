import assert from 'node:assert/strict';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { initialGeneratorState } from '../../../modules/meter-simulator/src/core/reading-generator.ts';
import { replaySource } from '../../../simulator/meters/reading-source.ts';
import { readReplayFile } from '../../../simulator/meters/replay-file.ts';

describe('replay file', () => {
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'replay-'));
  });

  afterEach(() => rmSync(folder, { recursive: true, force: true }));

  function file(text: string): string {
    const path = join(folder, 'recording.csv');
    writeFileSync(path, text);
    return path;
  }

  it('gives instants in UTC and values as they are', () => {
    const path = file('timestamp,value\n2013-07-04 00:00:00,69.88083514\n');
    assert.deepEqual(readReplayFile(path), [{ atMs: Date.UTC(2013, 6, 4), tempF: 69.88083514 }]);
  });

  it('keeps repeated timestamps, in the order of the file', () => {
    const path = file('timestamp,value\n2014-01-01 02:00:00,1\n2014-01-01 01:00:00,2\r\n');
    assert.deepEqual(
      readReplayFile(path).map(({ tempF }) => tempF),
      [1, 2],
    );
  });

  it('names file, line and expectation for a bad row', () => {
    for (const row of ['yesterday,70', '2013-07-04 00:00:00,', '2013-07-04 00:00:00,1,2']) {
      const path = file(`timestamp,value\n${row}\n`);
      assert.throws(() => readReplayFile(path), /recording\.csv, line 2: expected/);
    }
  });

  it('says what is wrong with a missing file, a wrong header and an empty recording', () => {
    assert.throws(() => readReplayFile(join(folder, 'none.csv')), /none\.csv cannot be read/);
    assert.throws(() => readReplayFile(file('time,temp\n')), /first line must be/);
    assert.throws(() => readReplayFile(file('timestamp,value\n')), /holds no readings/);
  });

  it('is replayed once, row by row', () => {
    const source = replaySource([
      { atMs: 1_000, tempF: 1 },
      { atMs: 500, tempF: 2 },
    ]);
    let state = initialGeneratorState({ id: 'Meter01', seed: 1 });
    const temps: number[] = [];
    for (;;) {
      const reading = source.next(state, { atMs: 0 });
      if (reading === undefined) break;
      temps.push(reading.tempF);
      state = reading.state;
    }
    assert.deepEqual(temps, [1, 2]);
  });
});

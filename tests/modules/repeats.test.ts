/** How far back each module recognises what comes again, and what happens past that. */
import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ReadingOrder } from '../../modules/anomaly-detector/src/core/reading-order.ts';
import { Window } from '../../modules/averager/src/core/window.ts';
import { openDatabase } from '../../modules/shared/src/database.ts';
import { SeenReadings } from '../../modules/store-and-forward/src/core/seen-readings.ts';
import { FORWARD_SCHEMA, ForwardStore } from '../../modules/store-and-forward/src/forward-store.ts';

const reading = (more: { seq?: number; temp?: number }) => ({
  id: 'Meter01',
  time: '2026-06-01T12:00:00Z',
  temp: 70,
  ...more,
});

describe('repeats in store-and-forward', function () {
  this.timeout(10_000);

  it('are recognised of all numbered readings while there are at most 1,000 gaps', () => {
    const seen = new SeenReadings();
    for (let seq = 0; seq < 100_000; seq += 1) seen.add(reading({ seq: seq }));
    assert.equal(seen.add(reading({ seq: 0 })), false);
    assert.equal(seen.state().sequences.length, 2);

    // Every other number is missing: 999 gaps more.
    for (let gap = 1; gap <= 999; gap += 1) seen.add(reading({ seq: 100_000 + 2 * gap }));
    assert.equal(seen.add(reading({ seq: 0 })), false);
    seen.add(reading({ seq: 110_000 }));
    assert.equal(seen.add(reading({ seq: 0 })), true, 'the oldest are taken in once more');
    assert.equal(seen.add(reading({ seq: 102_000 - 2 })), false);
  });

  it('are recognised among the latest 500 readings without number', () => {
    const seen = new SeenReadings();
    for (let index = 0; index <= 500; index += 1) seen.add(reading({ temp: index }));

    assert.equal(seen.add(reading({ temp: 1 })), false);
    assert.equal(seen.add(reading({ temp: 0 })), true);
    assert.equal(seen.state().others.length, 500);
  });

  it('are recognised among the latest 20,000 averages, anomalies and ledger messages', () => {
    const folder = mkdtempSync(join(tmpdir(), 'repeats-'));
    const { database, close } = openDatabase(join(folder, 'forward.db'), [FORWARD_SCHEMA]);
    const store = new ForwardStore(database);
    database.transaction(() => {
      for (let index = 0; index <= 20_000; index += 1) store.addResult(`result ${index}`);
    })();

    assert.equal(store.addResult('result 1'), false);
    assert.equal(store.addResult('result 0'), true);
    close();
    rmSync(folder, { recursive: true });
  });
});

describe('repeats in the averager', function () {
  this.timeout(10_000);
  const sample = (atMs: number, seq?: number) => ({ id: 'Meter01', atMs, temp: 70, seq });

  it('are recognised of all readings of a window while there are at most 10,000 gaps in it', () => {
    const window = new Window(300_000);
    for (let gap = 0; gap < 10_000; gap += 1) window.add(sample(1, 2 * gap));
    assert.equal(window.add(sample(1, 0)), false);

    window.add(sample(1, 20_002));
    assert.equal(window.add(sample(1, 0)), true, 'the lowest are counted once more');
  });

  it('are recognised among the latest 10,000 readings without number of a window', () => {
    const window = new Window(300_000);
    for (let index = 0; index <= 10_000; index += 1) window.add(sample(index));

    assert.equal(window.add(sample(1)), false);
    assert.equal(window.add(sample(0)), true);
    assert.equal(window.state().others.length, 10_000);
  });
});

describe('repeats in the anomaly detector', () => {
  const reading = (seq: number) => ({ time: '', atMs: seq, temp: 70, seq });

  it('are recognised of all numbered readings, however old', () => {
    const order = new ReadingOrder(0);
    for (let seq = 0; seq < 10_000; seq += 1) order.take(reading(seq), 0);

    assert.equal(order.take(reading(0), 0).outcome, 'repeat');
  });

  it('are told from late readings for the latest 100 gaps; older late ones are called repeats', () => {
    const order = new ReadingOrder(0);
    for (let seq = 0; seq <= 2 * 101; seq += 2) {
      order.take(reading(seq), 0);
      order.releaseOverdue(seq * 60_000 + 60_000);
    }

    assert.equal(order.take(reading(199), 0).outcome, 'late');
    assert.equal(order.take(reading(199), 0).outcome, 'repeat');
    assert.equal(order.take(reading(1), 0).outcome, 'repeat');
  });
});

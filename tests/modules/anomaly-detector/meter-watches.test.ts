import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import type { MeterWatchOptions } from '../../../modules/anomaly-detector/src/core/meter-watch.ts';
import { MeterWatches } from '../../../modules/anomaly-detector/src/meter-watches.ts';
import {
  DETECTOR_MEMORY,
  DETECTOR_SCHEMA,
  DETECTOR_WAITING,
  WatchStore,
} from '../../../modules/anomaly-detector/src/watch-store.ts';
import { openDatabase, type OpenDatabase } from '../../../modules/shared/src/database.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const OPTIONS: MeterWatchOptions = {
  variant: 'steps',
  confidence: 99.99,
  historySize: 20,
  mode: 'spikesanddips',
  gapIntervals: 60,
  cooldownReadings: 0,
};
const BASE_MS = Date.parse('2026-06-01T12:00:00Z');

describe('watches over many meters', () => {
  let folder: string;
  let opened: OpenDatabase;
  let clock: FakeClock;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'meter-watches-'));
    opened = openDatabase(join(folder, 'w.db'), [
      DETECTOR_SCHEMA,
      DETECTOR_MEMORY,
      DETECTOR_WAITING,
    ]);
    clock = new FakeClock();
  });

  afterEach(() => {
    opened.close();
    rmSync(folder, { recursive: true });
  });

  const watchesOf = (mostInMemory?: number) =>
    new MeterWatches(new WatchStore(opened.database), clock, () => OPTIONS, mostInMemory);

  /** One reading, with a spike now and then; what was found. */
  function take(watches: MeterWatches, id: string, seq: number): number[] {
    const atMs = BASE_MS + seq * 10_000;
    const temp = seq % 50 === 49 ? 95 : 70 + ((seq * 7) % 10) / 10;
    const reading = { time: new Date(atMs).toISOString(), atMs, temp, seq };
    return watches
      .use(id)
      .take(reading, clock.monotonicMs())
      .anomalies.map(() => seq);
  }

  it('finds the same however few of them are in memory', () => {
    const run = (prefix: string, order: readonly number[], mostInMemory: number) => {
      const watches = watchesOf(mostInMemory);
      const found: string[] = [];
      const seqs = [0, 0, 0, 0, 0];
      for (const [index, meter] of order.entries()) {
        const seq = seqs[meter] ?? 0;
        seqs[meter] = seq + 1;
        for (const at of take(watches, `${prefix}${meter}`, seq)) found.push(`${meter} ${at}`);
        if (index % 3 === 0) watches.write();
      }
      return found;
    };
    let runs = 0;
    const orders = fc.array(fc.nat(4), { minLength: 400, maxLength: 600 });
    fc.assert(
      fc.property(orders, fc.integer({ min: 1, max: 3 }), (order, most) => {
        runs += 1;
        opened.database.transaction(() => {
          const all = run(`all-${runs}-`, order, 100);
          assert.ok(all.length > 0);
          assert.deepEqual(run(`few-${runs}-`, order, most), all);
        })();
      }),
      { numRuns: 5 },
    );
  });

  it('keeps those in memory that were heard last', () => {
    const watches = watchesOf(10);
    for (let meter = 0; meter < 100; meter += 1) take(watches, `m${meter}`, 0);
    watches.write();
    assert.equal(watches.inMemory, 10);
  });

  it('keeps one in memory that waits for a reading, and remembers it across a restart', async () => {
    const watches = watchesOf(1);
    take(watches, 'waits', 0);
    take(watches, 'waits', 2);
    for (let meter = 0; meter < 5; meter += 1) take(watches, `m${meter}`, 0);
    watches.write();
    assert.deepEqual(watches.overdue(), []);

    const again = watchesOf(1);
    await clock.advance(30_000);
    assert.deepEqual(watches.overdue(), ['waits']);
    assert.deepEqual(again.overdue(), ['waits']);
    again.use('waits').releaseOverdue(clock.monotonicMs());
    again.write();
    assert.deepEqual(again.overdue(), []);
    assert.deepEqual(watchesOf(1).inMemory, 0);
  });
});

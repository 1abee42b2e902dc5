import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { ClockWatch, firstNumber } from '../../../modules/shared/src/clock-watch.ts';
import { openDatabase, type OpenDatabase } from '../../../modules/shared/src/database.ts';
import { DURABLE_SCHEMA } from '../../../modules/shared/src/durable-schema.ts';
import { KeptValues } from '../../../modules/shared/src/kept-values.ts';
import { createLogger } from '../../../modules/shared/src/logger.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const HOUR_MS = 3_600_000;
const YEAR_MS = 365 * 24 * HOUR_MS;

describe('clock watch', function () {
  this.timeout(10_000);
  let folder: string;
  let opened: OpenDatabase;
  let clock: FakeClock;
  let watch: ClockWatch;

  const begin = () => {
    const kept = new KeptValues(opened.database);
    watch = new ClockWatch({ kept, clock, log: createLogger('tester', 'silent') });
  };
  /** Readings of meters, each so far ahead of the gateway's clock, now and ten seconds later. */
  const hearTwice = async (...aheadMs: number[]) => {
    for (let round = 0; round < 2; round += 1) {
      watch.hear(
        aheadMs.map((ms, index) => ({
          reading: { id: `Meter${index}` },
          atMs: clock.nowMs() + ms,
        })),
      );
      await clock.advance(10_000);
    }
  };
  const judged = (aheadMs: number) => watch.judge()(clock.nowMs() + aheadMs);

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'clock-watch-'));
    opened = openDatabase(join(folder, 'module.db'), [DURABLE_SCHEMA]);
    clock = new FakeClock();
    begin();
  });

  afterEach(() => {
    opened.close();
    rmSync(folder, { recursive: true });
  });

  it('refuses what is more than five minutes ahead once a meter has confirmed the clock', async () => {
    await hearTwice(1_000);

    assert.equal(judged(299_000), undefined);
    assert.match(judged(301_000) ?? '', /ahead of the gateway’s clock/);
  });

  it('refuses nothing for being ahead while no meter has confirmed the clock', () => {
    assert.equal(judged(6 * HOUR_MS), undefined);
  });

  it('refuses years before 2000 and after 2076 whatever the clock says', () => {
    assert.match(watch.judge()(Date.UTC(1999, 11, 31)) ?? '', /before the year 2000/);
    assert.match(watch.judge()(Number.NaN) ?? '', /before the year 2000/);
    assert.match(watch.judge()(Date.UTC(2076, 0, 2)) ?? '', /ahead/);
    assert.equal(watch.judge()(Date.UTC(2000, 0, 1)), undefined);
  });

  it('is not confirmed by a single reading, nor by a backlog that comes past the present', async () => {
    watch.hear([{ reading: { id: 'Meter1' }, atMs: clock.nowMs() }]);
    for (let minute = -120; minute < 120; minute += 2) {
      watch.hear([{ reading: { id: 'Meter2' }, atMs: clock.nowMs() + minute * 60_000 }]);
      await clock.advance(1_000);
    }

    assert.equal(watch.status().isConfirmed, false);
  });

  it('does not believe a clock that most of the meters are ahead of', async () => {
    await hearTwice(0);
    await hearTwice(0, 6 * HOUR_MS);
    assert.match(judged(6 * HOUR_MS) ?? '', /ahead/);

    await hearTwice(0, 6 * HOUR_MS, 6 * HOUR_MS);
    assert.equal(judged(6 * HOUR_MS), undefined);
    assert.equal(watch.trustedNowMs, undefined);
  });

  it('takes no single wrong time for a sign that the clock is wrong', async () => {
    await hearTwice(0);
    watch.hear([{ reading: { id: 'Meter0' }, atMs: clock.nowMs() + YEAR_MS }]);

    assert.match(judged(YEAR_MS) ?? '', /ahead/);
  });

  it('counts, keeps and shows a step of the clock, forward or back, and asks to be confirmed anew', async () => {
    await hearTwice(0);
    clock.step(6 * HOUR_MS);
    watch.look();
    clock.step(-HOUR_MS);
    watch.look();
    watch.keep();
    begin();

    const { steps, lastStep, isConfirmed } = watch.status();
    assert.deepEqual([steps, lastStep?.byMs, isConfirmed], [2, -HOUR_MS, false]);
  });

  it('takes trimming and a slow machine for no step', async () => {
    for (let turn = 0; turn < 10; turn += 1) {
      clock.step(turn % 2 === 0 ? 500 : -500);
      await clock.advance(60_000);
      watch.look();
    }

    assert.equal(watch.status().steps, 0);
  });

  it('notices a clock that went back while the module was not running, and waits for meters', async () => {
    watch.keep();
    clock.step(-6 * HOUR_MS);
    begin();
    assert.equal(watch.status().lastStep?.byMs, -6 * HOUR_MS);
    assert.equal(watch.trustedNowMs, undefined);

    await hearTwice(0);
    assert.equal(watch.trustedNowMs, clock.nowMs());
  });

  it('measures age by a scale that no step moves, and that goes on across restarts', async () => {
    const before = watch.steadyMs();
    clock.step(10 * YEAR_MS);
    watch.look();
    await clock.advance(60_000);
    assert.equal(watch.steadyMs() - before, 60_000);

    watch.keep();
    await clock.advance(HOUR_MS);
    begin();
    assert.equal(watch.steadyMs() - before, HOUR_MS + 60_000);
  });

  it('counts no more than a day for the time the module was not running', () => {
    watch.keep();
    const before = watch.steadyMs();
    clock.step(10 * YEAR_MS);
    begin();

    assert.equal(watch.steadyMs() - before, 24 * HOUR_MS);
  });

  it('numbers from the time, or from a random number below it while the clock is not set', () => {
    assert.equal(firstNumber(clock), clock.nowMs());

    const unset = new FakeClock('1970-01-01T00:01:00Z');
    assert.ok(firstNumber(unset, 0.5) > 1e11);
    assert.ok(firstNumber(unset, 0.999) < clock.nowMs());
  });
});

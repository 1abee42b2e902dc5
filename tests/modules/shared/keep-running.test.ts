import assert from 'node:assert/strict';
import { EdgeError } from '../../../modules/shared/src/edge-error.ts';
import { keepRunning, type StartModule } from '../../../modules/shared/src/keep-running.ts';
import { createLogger } from '../../../modules/shared/src/logger.ts';
import { FakeClock, settled } from '../../support/fake-clock.ts';

const log = createLogger('module-01', 'silent');
const LONGEST_WAIT_MS = 60_000;

describe('keeping a module running', () => {
  let clock: FakeClock;
  let abort: AbortController;
  /** What happened to the lives of the module, in order. */
  let events: string[];
  /** Ends the present life. */
  let fail: (error: unknown) => void;
  let startError: Error | undefined;
  let stopError: Error | undefined;

  const start: StartModule = async (failed) => {
    events.push('start');
    if (startError !== undefined) throw startError;
    fail = failed;
    return {
      stop: async () => {
        await settled();
        events.push('stopped');
        if (stopError !== undefined) throw stopError;
      },
    };
  };
  const run = () => keepRunning(start, { clock, log }, abort.signal);

  beforeEach(() => {
    clock = new FakeClock();
    abort = new AbortController();
    events = [];
    startError = undefined;
    stopError = undefined;
  });

  it('starts it again after a failure, once the last life is over', async () => {
    const ended = run();
    await settled();
    fail(new Error('database or disk is full'));
    await settled();
    await settled();
    assert.deepEqual(events, ['start', 'stopped']);

    await clock.advance(1_000);
    assert.deepEqual(events, ['start', 'stopped', 'start']);
    abort.abort();
    await ended;
    assert.deepEqual(events, ['start', 'stopped', 'start', 'stopped']);
  });

  it('starts again however often a start fails, but waits longer and longer', async () => {
    startError = new Error('disk I/O error');
    const ended = run();
    await settled();
    await clock.advance(3 * LONGEST_WAIT_MS);
    const soon = events.length;
    await clock.advance(10 * LONGEST_WAIT_MS);
    const later = events.length - soon;
    assert.ok(soon >= 7 && later >= 9 && later <= 21, `${soon} starts, then ${later}`);

    startError = undefined;
    await clock.advance(LONGEST_WAIT_MS);
    abort.abort();
    await ended;
    assert.equal(events.at(-1), 'stopped');
  });

  it('stops at once when told to, while it runs and while it waits', async () => {
    const whileRunning = run();
    await settled();
    abort.abort();
    await whileRunning;
    assert.deepEqual(events, ['start', 'stopped']);

    abort = new AbortController();
    startError = new Error('disk I/O error');
    const whileWaiting = run();
    await settled();
    abort.abort();
    await whileWaiting;
    assert.deepEqual(events, ['start', 'stopped', 'start']);
  });

  it('goes by what ended a life, also when stopping it fails, too', async () => {
    stopError = new EdgeError('ENVIRONMENT', 'the connection is broken');
    const ended = run();
    await settled();
    fail(new Error('database or disk is full'));
    await settled();
    await settled();
    await clock.advance(1_000);
    assert.deepEqual(events, ['start', 'stopped', 'start']);

    abort.abort();
    await assert.rejects(ended, { message: 'the connection is broken' });
  });

  it('gives up what the next start cannot mend', async () => {
    startError = new EdgeError('DATABASE_IN_USE', 'in use');

    await assert.rejects(run(), { code: 'DATABASE_IN_USE' });
    assert.deepEqual(events, ['start']);
  });
});

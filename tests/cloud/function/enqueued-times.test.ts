import assert from 'node:assert/strict';
import { enqueuedTimes } from '../../../cloud/function/src/enqueued-times.ts';

const NOW_MS = Date.parse('2026-11-22T19:00:00Z');

describe('enqueued times', () => {
  it('are those that the runtime gives, event by event', () => {
    const metadata = { enqueuedTimeUtcArray: ['2026-11-22T18:00:00Z', '2026-11-22T18:00:01.5Z'] };
    assert.deepEqual(enqueuedTimes(metadata, 2, NOW_MS), [NOW_MS - 3_600_000, NOW_MS - 3_598_500]);
  });

  it('are now for events of which nothing is said', () => {
    const tooFew = { enqueuedTimeUtcArray: ['2026-11-22T18:00:00Z'] };
    assert.deepEqual(enqueuedTimes(tooFew, 2, NOW_MS), [NOW_MS - 3_600_000, NOW_MS]);
    for (const unknown of [
      undefined,
      {},
      { enqueuedTimeUtcArray: 'x' },
      { enqueuedTimeUtcArray: ['x'] },
    ]) {
      assert.deepEqual(enqueuedTimes(unknown, 1, NOW_MS), [NOW_MS]);
    }
  });
});

import assert from 'node:assert/strict';
import {
  FAITHFUL_BACK_OFF,
  LOCAL_BACK_OFF,
  restartDelayMs,
} from '../../../../simulator/edge/edge-agent/restart-policy.ts';

const failed = { failed: true, restartsInARow: 0, ranMs: 100 };
const finished = { ...failed, failed: false };

describe('restart policy', () => {
  it('never restarts a module whose policy says never', () => {
    assert.equal(restartDelayMs('never', failed, LOCAL_BACK_OFF), undefined);
  });

  it('restarts what has failed, and what has ended well only always', () => {
    for (const policy of ['on-failure', 'on-unhealthy'] as const) {
      assert.equal(restartDelayMs(policy, failed, LOCAL_BACK_OFF), 250);
      assert.equal(restartDelayMs(policy, finished, LOCAL_BACK_OFF), undefined);
    }
    assert.equal(restartDelayMs('always', finished, LOCAL_BACK_OFF), 250);
  });

  it('doubles the delay with each failure in a row, up to a limit', () => {
    const delays = [0, 1, 2, 5, 50].map((restartsInARow) =>
      restartDelayMs('always', { ...failed, restartsInARow }, FAITHFUL_BACK_OFF),
    );

    assert.deepEqual(delays, [10_000, 20_000, 40_000, 300_000, 300_000]);
  });

  it('begins anew after a module has run for long enough', () => {
    const exit = { failed: true, restartsInARow: 9, ranMs: 60_000 };

    assert.equal(restartDelayMs('always', exit, LOCAL_BACK_OFF), 250);
  });
});

import assert from 'node:assert/strict';
import { startTicker } from '../../../simulator/meters/ticker.ts';

describe('ticker', () => {
  it('keeps to multiples of the interval, without drifting', async () => {
    const startedAt = performance.now();
    const beats = await new Promise<number[]>((resolve) => {
      const seen: number[] = [];
      const ticker = startTicker(10, () => {
        seen.push(performance.now() - startedAt);
        if (seen.length < 10) return;
        ticker.stop();
        resolve(seen);
      });
    });
    for (const [index, atMs] of beats.entries()) assert.ok(atMs >= (index + 1) * 10 - 2);
  });

  it('skips beats that a busy process missed', async () => {
    const startedAt = performance.now();
    const count = await new Promise<number>((resolve) => {
      let beats = 0;
      const ticker = startTicker(10, () => {
        beats += 1;
        if (beats === 1) while (performance.now() - startedAt < 60);
        if (performance.now() - startedAt < 80) return;
        ticker.stop();
        resolve(beats);
      });
    });
    assert.ok(count <= 5, `${count} beats`);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  CONFIG,
  consistent,
  DAY_MS,
  Harness,
  hash,
  NOON_MS,
  readings,
  sample,
} from './averages-harness.ts';

/** What happens after a reading to the length of windows. */
const lengths = fc.array(
  fc.constantFrom(undefined, undefined, 'restart' as const, 60_000, 300_000, 420_000, 7_000),
  { minLength: 1, maxLength: 20 },
);

describe('averages whose windows get another length', () => {
  it('put what comes late into a window of the length that its time had', () => {
    const harness = new Harness(100, NOON_MS + DAY_MS);
    harness.take(sample(10, 70), sample(590, 70));
    harness.configure({ ...CONFIG, windowMs: 60_000 });
    harness.take(sample(20, 80), sample(620, 75), sample(700, 75));
    harness.restart();
    harness.take(sample(30, 90));
    harness.at({ monotonicMs: 120_000 });

    const windows = [...harness.results.values()].map(({ windowStartMs, windowEndMs, count }) => [
      (windowStartMs - NOON_MS) / 1_000,
      (windowEndMs - NOON_MS) / 1_000,
      count,
    ]);
    assert.deepEqual(
      windows.toSorted(([, a = 0], [, b = 0]) => a - b),
      [
        [0, 300, 3],
        [300, 600, 1],
        [600, 660, 1],
        [660, 720, 1],
      ],
    );
  });

  it('go by the new length at once where no clock says when a meter’s time is', () => {
    const harness = new Harness();
    harness.take(sample(31 * 86_400, 70, 'none'));
    harness.configure({ ...CONFIG, windowMs: 60_000 });
    harness.take({ ...sample(30, 70), id: 'Meter02' });
    harness.at({ monotonicMs: 120_000 });

    assert.ok(harness.results.has(`Meter02 ${NOON_MS + 60_000}`));
  });

  it('count a reading once, whatever the order, the repeats, the restarts and the lengths', () => {
    fc.assert(
      fc.property(readings, lengths, fc.nat(), (all, changes, seed) => {
        const samples = consistent(all);
        const shuffled = samples.toSorted((a, b) => hash(a, seed) - hash(b, seed));
        const harness = new Harness(2, NOON_MS + DAY_MS);
        const arrivals = [...shuffled, ...shuffled.toReversed()];
        for (const [index, arrival] of arrivals.entries()) {
          harness.take(arrival);
          const change = changes[index % changes.length];
          if (change === 'restart') harness.restart();
          else if (change !== undefined) harness.configure({ ...CONFIG, windowMs: change });
        }
        harness.at({ monotonicMs: 120_000 });
        harness.at({ monotonicMs: 240_000 });

        const counted = [...harness.results.values()].reduce((sum, { count }) => sum + count, 0);
        assert.equal(counted, samples.length);
        const names = harness.issued.map(
          ({ id, windowEndMs, revision }) => `${id} ${windowEndMs} ${revision}`,
        );
        assert.equal(new Set(names).size, names.length);
      }),
    );
  });
});

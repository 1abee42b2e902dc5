import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { AveragePoint } from '../../../cloud/dashboard/core/board.ts';
import { completeness, isLate, missingReadings } from '../../../cloud/dashboard/core/trust.ts';
import { formatDuration, formatReadings, remarksOf } from '../../../cloud/dashboard/core/words.ts';

function point(change: Partial<AveragePoint> = {}): AveragePoint {
  return {
    endMs: 0,
    average: 70,
    minimum: 69,
    maximum: 71,
    count: 30,
    expectedCount: 30,
    revision: 0,
    delaySeconds: 34,
    ...change,
  };
}

describe('trust in a window', () => {
  it('is late when it waited for more than ten minutes', () => {
    assert.equal(isLate(point({ delaySeconds: 600 })), false);
    assert.equal(isLate(point({ delaySeconds: 601 })), true);
    assert.equal(isLate(point({ delaySeconds: null })), false);
  });

  it('lacks what the meter numbered and nobody counted, and never less than nothing', () => {
    assert.equal(missingReadings(point({ count: 28 })), 2);
    assert.equal(missingReadings(point({ count: 31 })), 0);
    assert.equal(missingReadings(point({ expectedCount: null })), 0);
  });

  it('is complete to a percentage between none and all', () => {
    const points = fc.array(
      fc.record({
        count: fc.nat(400),
        expectedCount: fc.option(fc.integer({ min: 1, max: 400 })),
      }),
    );
    fc.assert(
      fc.property(points, (changes) => {
        const percent = completeness(changes.map(point));
        if (changes.every(({ expectedCount }) => expectedCount === null)) {
          assert.equal(percent, undefined);
        } else assert.ok(percent !== undefined && percent >= 0 && percent <= 100);
      }),
    );
    assert.equal(completeness([point(), point({ count: 0 })]), 50);
  });

  it('says in words what is remarkable, and nothing of a window as it should be', () => {
    assert.deepEqual(remarksOf(point()), []);
    const poor = point({ count: 1, revision: 1, delaySeconds: 3 * 3_600 });
    assert.deepEqual(remarksOf(poor), ['corrected once', 'arrived 3 h late', 'incomplete']);
    assert.equal(formatReadings(poor), '1 of 30 readings');
    assert.equal(formatReadings(point({ count: 1, expectedCount: null })), '1 reading');
  });

  it('gives a duration one unit', () => {
    const texts = [700, 3_600, 47 * 3_600, 48 * 3_600].map(formatDuration);
    assert.deepEqual(texts, ['12 min', '1 h', '47 h', '2 days']);
  });
});

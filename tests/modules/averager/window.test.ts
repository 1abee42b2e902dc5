import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Window } from '../../../modules/averager/src/core/window.ts';

/** A window holding readings of the given numbers. */
function windowOf(sequences: readonly (number | undefined)[]): Window {
  const window = new Window(300_000);
  for (const [index, seq] of sequences.entries()) {
    window.add({ id: 'Meter01', atMs: 1_000 + index, temp: 70, seq });
  }
  return window;
}

describe('a window’s completeness', () => {
  it('expects as many readings as the meter numbered from the first to the last', () => {
    const { count, expectedCount } = windowOf([5, 6, 9]).issue();
    assert.deepEqual({ count, expectedCount }, { count: 3, expectedCount: 5 });
  });

  it('is whole when nothing is missing, in whatever order it came', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 40 }), fc.nat(), (length, first) => {
        const numbers = Array.from({ length }, (_, index) => first + ((index * 7) % length));
        const distinct = new Set(numbers).size;
        const { count, expectedCount } = windowOf(numbers).issue();
        assert.equal(count, distinct);
        assert.ok(expectedCount !== undefined && expectedCount >= count);
        if (length % 7 !== 0) assert.equal(expectedCount, count);
      }),
    );
  });

  it('is not known of a meter that does not number its readings', () => {
    assert.ok(!('expectedCount' in windowOf([undefined, undefined]).issue()));
  });

  it('counts readings without a number as there', () => {
    assert.equal(windowOf([5, undefined, 7]).issue().expectedCount, 4);
  });

  it('is not known when the meter was installed anew meanwhile', () => {
    assert.ok(!('expectedCount' in windowOf([5, 1_795_370_400_000]).issue()));
  });
});

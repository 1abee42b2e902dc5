import assert from 'node:assert/strict';
import fc from 'fast-check';
import { addExactly, roundedSum } from '../../../modules/averager/src/core/exact-sum.ts';

const sumOf = (terms: readonly number[]) => {
  const parts: number[] = [];
  for (const term of terms) addExactly(parts, term);
  return roundedSum(parts);
};

const term = fc.double({ min: -1e12, max: 1e12, noNaN: true });

describe('exact sum', () => {
  it('does not depend on the order of its terms', () => {
    fc.assert(
      fc.property(fc.array(term), (terms) => {
        assert.equal(sumOf(terms), sumOf(terms.toReversed()));
        assert.equal(sumOf(terms), sumOf(terms.toSorted((a, b) => a - b)));
      }),
    );
  });

  it('is the number nearest to the true sum', () => {
    const cases: [number[], number][] = [
      [[], 0],
      [[0.1, 0.2, 0.3, -0.3, -0.2, -0.1], 0],
      [Array.from({ length: 10 }, () => 0.1), 1],
      [[1e16, 1, -1e16], 1],
      [[1, 1e-16, 1e-16], 1.0000000000000002],
      [[2 ** 53, 1, 2 ** -60], 2 ** 53 + 2],
      [[-(2 ** 53), -1, -(2 ** -60)], -(2 ** 53) - 2],
    ];
    for (const [terms, expected] of cases) assert.equal(sumOf(terms), expected, String(terms));
  });

  it('equals the sum of integers', () => {
    fc.assert(
      fc.property(fc.array(fc.integer()), (integers) => {
        assert.equal(
          sumOf(integers),
          integers.reduce((sum, integer) => sum + integer, 0),
        );
      }),
    );
  });
});

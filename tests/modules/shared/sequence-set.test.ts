import assert from 'node:assert/strict';
import fc from 'fast-check';
import { SequenceSet } from '../../../modules/shared/src/core/sequence-set.ts';

describe('sequence set', () => {
  it('holds a number if and only if it was added, whatever the order', () => {
    fc.assert(
      fc.property(fc.array(fc.nat(60)), fc.nat(60), (numbers, restartAt) => {
        let set = new SequenceSet();
        const model = new Set<number>();
        for (const [index, number] of numbers.entries()) {
          assert.equal(set.add(number), !model.has(number));
          model.add(number);
          if (index === restartAt) set = new SequenceSet(set.ranges);
        }
        for (let number = 0; number <= 60; number += 1) {
          assert.equal(set.has(number), model.has(number));
        }
      }),
    );
  });

  it('keeps consecutive numbers as one range', () => {
    const set = new SequenceSet();
    for (const number of [3, 1, 2, 5, 4]) set.add(number);

    assert.deepEqual(set.ranges, [1, 5]);
  });

  it('forgets the lowest ranges when there are too many', () => {
    const set = new SequenceSet([], 2);
    for (const number of [1, 3, 5]) set.add(number);

    assert.deepEqual(set.ranges, [3, 3, 5, 5]);
  });
});

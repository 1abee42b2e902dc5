import assert from 'node:assert/strict';
import fc from 'fast-check';
import { ReadingOrder } from '../../../modules/anomaly-detector/src/core/reading-order.ts';

const reading = (seq: number) => ({
  time: new Date(seq * 1_000).toISOString(),
  atMs: seq * 1_000,
  temp: 70,
  seq,
});

const released = (order: ReadingOrder, ...sequence: number[]) =>
  sequence.flatMap((seq) => order.take(reading(seq), 0).released.map(({ seq: left }) => left));

describe('reading order', () => {
  it('releases in ascending order, each once, whatever order they come in', () => {
    const arrivals = fc.integer({ min: 1, max: 100 }).chain((count) =>
      fc.shuffledSubarray(
        Array.from({ length: 2 * count }, (_, index) => 1 + (index % count)),
        { minLength: 2 * count },
      ),
    );
    fc.assert(
      fc.property(arrivals, fc.nat(200), (sequence, restartAt) => {
        let order = new ReadingOrder(0, { next: 1, held: [], skipped: [] });
        const left: (number | undefined)[] = [];
        for (const [index, seq] of sequence.entries()) {
          left.push(...released(order, seq));
          if (index === restartAt) order = new ReadingOrder(0, structuredClone(order.state()));
        }
        assert.deepEqual(
          left,
          [...new Set(sequence)].toSorted((a, b) => a - b),
        );
      }),
    );
  });

  it('holds a reading until its predecessor has come', () => {
    const order = new ReadingOrder(0);

    assert.deepEqual(released(order, 1, 3, 4), [1]);
    assert.deepEqual(released(order, 2), [2, 3, 4]);
  });

  it('goes on without a reading that has not come for thirty seconds', () => {
    const order = new ReadingOrder(0);
    released(order, 1, 3);

    assert.equal(order.isOverdue(29_999), false);
    assert.deepEqual(
      order.releaseOverdue(30_000).map(({ seq }) => seq),
      [3],
    );
  });

  it('goes on when more than 256 readings wait', () => {
    const order = new ReadingOrder(0);
    const waiting = Array.from({ length: 256 }, (_, index) => 3 + index);
    assert.deepEqual(released(order, 1, ...waiting), [1]);

    assert.equal(released(order, 259).length, 257);
  });

  it('tells a reading that was given up from a repeat', () => {
    const order = new ReadingOrder(0);
    released(order, 1, 5);
    order.releaseOverdue(30_000);

    assert.equal(order.take(reading(3), 0).outcome, 'late');
    assert.equal(order.take(reading(3), 0).outcome, 'repeat');
    assert.equal(order.take(reading(2), 0).outcome, 'late');
    assert.equal(order.take(reading(1), 0).outcome, 'repeat');
  });

  it('lets readings without sequence number pass at once', () => {
    const order = new ReadingOrder(0);
    const { seq: _seq, ...plain } = reading(9);

    assert.deepEqual(order.take(plain, 0).released, [plain]);
  });
});

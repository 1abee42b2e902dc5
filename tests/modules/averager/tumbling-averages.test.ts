import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  CONFIG,
  consistent,
  Harness,
  hash,
  NOON_MS,
  readings,
  sample,
} from './averages-harness.ts';

/** What happens after a reading. */
const choices = fc.array(fc.constantFrom('nothing', 'restart', 'wait'), { maxLength: 65 });

describe('tumbling averages', function () {
  this.timeout(10_000);
  it('give the same last revision whatever the order, the batches, the repeats and the restarts', () => {
    fc.assert(
      fc.property(readings, choices, fc.nat(), (all, choose, seed) => {
        const samples = consistent(all);
        const inOrder = new Harness();
        inOrder.take(...samples);
        inOrder.at({ monotonicMs: 120_000 });

        const shuffled = new Harness(1);
        const order = samples.toSorted((a, b) => hash(a, seed) - hash(b, seed));
        for (const [index, one] of [...order, ...order.slice(0, 5)].entries()) {
          shuffled.take(one);
          if (choose[index] === 'restart') shuffled.restart();
          if (choose[index] === 'wait') shuffled.at({ monotonicMs: 2_000 });
        }
        shuffled.at({ monotonicMs: 120_000 });

        assert.deepEqual(shuffled.results, inOrder.results);
      }),
    );
  });

  it('close the windows of silent meters whether they are in memory or not', () => {
    const harness = new Harness(3);
    const ids = Array.from({ length: 50 }, (_, number) => `Meter${number}`);
    for (const id of ids) harness.take({ ...sample(10, 70), id });
    harness.at({ monotonicMs: 59_000, wallMs: NOON_MS + 400_000 });
    harness.at({ monotonicMs: 61_000, wallMs: NOON_MS + 300_000 });
    harness.at({ monotonicMs: 61_000, wallMs: NOON_MS + 400_000, inputIdle: false });
    assert.equal(harness.issued.length, 0);

    harness.at({ monotonicMs: 61_000, wallMs: NOON_MS + 400_000 });
    assert.deepEqual(harness.issued.map(({ id }) => id).toSorted(), ids.toSorted());
  });

  it('issue with another window length also what is not in memory', () => {
    const harness = new Harness(3);
    for (let number = 0; number < 50; number += 1) {
      harness.take({ ...sample(10, 70), id: `Meter${number}` });
    }
    harness.configure({ ...CONFIG, windowMs: 60_000 });
    harness.at({});
    assert.equal(harness.issued.length, 50);
    assert.ok(harness.issued.every(({ windowEndMs }) => windowEndMs === NOON_MS + 300_000));
  });

  it('count every reading in exactly one window', () => {
    fc.assert(
      fc.property(readings, (all) => {
        const samples = consistent(all);
        const harness = new Harness();
        harness.take(...samples);
        harness.at({ monotonicMs: 120_000 });
        const counted = [...harness.results.values()].reduce((sum, { count }) => sum + count, 0);

        assert.equal(counted, samples.length);
      }),
    );
  });

  it('put a reading on the edge into the window that ends there', () => {
    const harness = new Harness();
    harness.take(sample(0, 60), sample(1, 70), sample(300, 80), sample(700, 0));

    assert.deepEqual(
      harness.issued.map(({ windowEndMs, average }) => [(windowEndMs - NOON_MS) / 1_000, average]),
      [
        [0, 60],
        [300, 75],
      ],
    );
  });

  it('close a window when the watermark reaches its end, not before', () => {
    const harness = new Harness();
    harness.take(sample(10, 70));
    harness.take(sample(329, 70));
    assert.equal(harness.issued.length, 0);

    harness.take(sample(330, 70));
    assert.equal(harness.issued.length, 1);
  });

  it('close the windows of a meter that has fallen silent, once the input is idle', () => {
    const harness = new Harness();
    harness.take(sample(10, 70));
    harness.at({ monotonicMs: 59_999 });
    harness.at({ monotonicMs: 60_000, inputIdle: false });
    assert.equal(harness.issued.length, 0);

    harness.at({ monotonicMs: 60_000 });
    assert.equal(harness.issued.length, 1);
  });

  it('leave the window of a silent meter open while it can still be measured for', () => {
    const harness = new Harness();
    harness.take(sample(10, 70));
    harness.at({ monotonicMs: 60_000, wallMs: NOON_MS + 329_000 });
    assert.equal(harness.issued.length, 0);

    harness.at({ monotonicMs: 60_000, wallMs: NOON_MS + 330_000 });
    assert.equal(harness.issued.length, 1);
  });

  it('issue a window again, once per burst, when late readings come', () => {
    const harness = new Harness();
    harness.take(sample(10, 70), sample(400, 70));
    assert.equal(harness.outcome(sample(20, 80)), 'late');
    harness.take(sample(30, 90));
    harness.at({ monotonicMs: 999 });
    assert.equal(harness.issued.length, 1);

    harness.at({ monotonicMs: 1_000 });
    assert.deepEqual(
      harness.issued.map(({ average, count, revision }) => [average, count, revision]),
      [
        [70, 1, 0],
        [80, 3, 1],
      ],
    );
  });

  it('recognise repeats, also in a window that was issued before', () => {
    const harness = new Harness();
    harness.take(sample(10, 70), sample(11, 71, 'none'), sample(400, 70));

    assert.equal(harness.outcome(sample(10, 70)), 'repeat');
    assert.equal(harness.outcome(sample(11, 71, 'none')), 'repeat');
    assert.equal(harness.outcome(sample(400, 70)), 'repeat');
  });

  it('keep two values of one instant apart when a meter sends no sequence numbers', () => {
    const harness = new Harness();
    harness.take(sample(10, 70, 'none'), sample(10, 80, 'none'), sample(400, 0));

    assert.equal(harness.issued[0]?.average, 75);
  });

  it('forget a window after thirty days of its meter', () => {
    const harness = new Harness();
    harness.take(sample(0, 70), sample(31 * 86_400, 70));

    assert.equal(harness.outcome(sample(10, 70)), 'forgotten');
  });

  it('issue the open windows as they are when the window length changes', () => {
    const harness = new Harness();
    harness.take(sample(241, 70));
    harness.configure({ ...CONFIG, windowMs: 60_000 });
    harness.take(sample(299, 80), sample(400, 0));

    assert.deepEqual(
      harness.issued.map(({ windowStartMs, windowEndMs, average, revision }) => [
        (windowStartMs - NOON_MS) / 1_000,
        (windowEndMs - NOON_MS) / 1_000,
        average,
        revision,
      ]),
      [
        [0, 300, 70, 0],
        [0, 300, 75, 1],
      ],
    );
  });
});

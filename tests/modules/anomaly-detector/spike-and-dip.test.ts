import assert from 'node:assert/strict';
import fc from 'fast-check';
import { pValue } from '../../../modules/anomaly-detector/src/core/p-value.ts';
import {
  SpikeAndDip,
  type SpikeAndDipOptions,
} from '../../../modules/anomaly-detector/src/core/spike-and-dip.ts';
import { PUBLISHED_VECTORS } from './published-vectors.ts';

const DEFAULTS: SpikeAndDipOptions = {
  confidence: 99.99,
  historySize: 20,
  mode: 'spikesanddips',
  variant: 'robust',
};
const VARIANTS = ['parity', 'robust'] as const;

const ordinary = fc.double({ min: 50, max: 90, noNaN: true });
const series = fc.array(ordinary, { minLength: 1, maxLength: 100 });

describe('spike and dip', () => {
  for (const variant of VARIANTS) {
    for (const vector of PUBLISHED_VECTORS) {
      it(`gives the published scores and alerts of ${vector.name} (${variant})`, () => {
        const detector = new SpikeAndDip({ ...vector, variant });
        const verdicts = vector.values.map((value) => detector.next(value));

        for (const [index, expected] of vector.pValues.entries()) {
          const score = verdicts[index]?.score ?? Number.NaN;
          assert.ok(Math.abs(score - expected) <= vector.tolerance, `value ${index}: ${score}`);
        }
        assert.deepEqual(
          [...verdicts.keys()].filter((index) => verdicts[index]?.isAnomaly),
          vector.alerts,
        );
      });
    }

    it(`scores an equal value of a constant history a little below one half (${variant})`, () => {
      const detector = new SpikeAndDip({ ...DEFAULTS, variant });
      const scores = [5, 5, 5, 5].map((value) => detector.next(value).score);

      assert.deepEqual(scores, [0.5, 0.4999999995, 0.4999999995, 0.4999999995]);
    });

    it(`goes on from a snapshot exactly as the detector that made it (${variant})`, () => {
      fc.assert(
        fc.property(series, series, (before, after) => {
          const original = new SpikeAndDip({ ...DEFAULTS, variant });
          for (const value of before) original.next(value);
          const restored = new SpikeAndDip({ ...DEFAULTS, variant }, original.snapshot());

          assert.deepEqual(
            after.map((value) => restored.next(value)),
            after.map((value) => original.next(value)),
          );
        }),
      );
    });

    it(`finds no anomaly before the history is full (${variant})`, () => {
      fc.assert(
        fc.property(fc.array(ordinary, { maxLength: 19 }), (values) => {
          const detector = new SpikeAndDip({ ...DEFAULTS, variant });
          assert.ok(values.every((value) => !detector.next(value).isAnomaly));
        }),
      );
    });
  }

  it('gives the same scores in both variants on clean values', () => {
    fc.assert(
      fc.property(series, (values) => {
        const parity = new SpikeAndDip({ ...DEFAULTS, variant: 'parity' });
        const robust = new SpikeAndDip(DEFAULTS);
        // Steps of a hundredth of a degree: where the history is constant to the last bit, a
        // running sum and a fresh one rightly differ.
        for (const [index, value] of values.entries()) {
          const clean = Math.round(value * 100) / 100 + (index % 7);
          assert.ok(Math.abs(parity.next(clean).score - robust.next(clean).score) < 1e-6);
        }
      }),
    );
  });

  it('says spike above, dip below, and what was usual', () => {
    const warm = Array.from({ length: 30 }, (_, index) => 70 + (index % 3));
    const verdictOn = (value: number) => {
      const detector = new SpikeAndDip(DEFAULTS);
      for (const reading of warm) detector.next(reading);
      return detector.next(value);
    };
    const spike = verdictOn(91);
    const dip = verdictOn(51);

    assert.ok(spike.isAnomaly && spike.direction === 'spike' && Math.abs(spike.usual - 71) < 0.1);
    assert.ok(dip.isAnomaly && dip.direction === 'dip');
  });

  it('sees only spikes or only dips when told so', () => {
    const warm = Array.from({ length: 30 }, (_, index) => 70 + (index % 3));
    const alerts = (mode: 'spikes' | 'dips', value: number) => {
      const detector = new SpikeAndDip({ ...DEFAULTS, mode });
      for (const reading of warm) detector.next(reading);
      return detector.next(value).isAnomaly;
    };

    assert.deepEqual([alerts('spikes', 91), alerts('spikes', 51)], [true, false]);
    assert.deepEqual([alerts('dips', 91), alerts('dips', 51)], [false, true]);
  });

  it('keeps an anomalous value in the history, where it masks a smaller one', () => {
    const detector = new SpikeAndDip(DEFAULTS);
    for (let index = 0; index < 30; index += 1) detector.next(70 + (index % 3));

    assert.equal(detector.next(170).isAnomaly, true);
    assert.ok(detector.history.includes(170));
    assert.equal(detector.next(90).isAnomaly, false);
  });

  it('leaves a robust detector unchanged by a value that is not a finite number', () => {
    const detector = new SpikeAndDip(DEFAULTS);
    for (const value of [1, 2, 3]) detector.next(value);
    const before = detector.snapshot();

    for (const value of [Number.NaN, Infinity, -Infinity, 1e300]) {
      assert.deepEqual(detector.next(value), { isAnomaly: false, score: Number.NaN });
    }
    assert.deepEqual(detector.snapshot(), before);
  });

  it('finds spikes again after one huge value left the history', () => {
    const detector = new SpikeAndDip(DEFAULTS);
    const quiet = (count: number) => {
      for (let index = 0; index < count; index += 1) detector.next(70 + (index % 3));
    };
    quiet(30);
    detector.next(1e8);
    quiet(30);

    assert.equal(detector.next(91).isAnomaly, true);
  });

  it('never alerts at a confidence of one hundred', () => {
    const detector = new SpikeAndDip({ ...DEFAULTS, historySize: 4, confidence: 100 });
    for (const value of [1, 2, 3, 2, 1, 2, 3]) detector.next(value);

    assert.equal(detector.next(1e9).isAnomaly, false);
  });

  it('keeps its latest values when the history size changes', () => {
    const detector = new SpikeAndDip({ ...DEFAULTS, historySize: 5 });
    for (const value of [1, 2, 3, 4, 5, 6]) detector.next(value);
    const smaller = new SpikeAndDip({ ...DEFAULTS, historySize: 3 }, detector.snapshot());

    assert.deepEqual([...smaller.history], [4, 5, 6]);
  });

  it('computes the p-value of a history without keeping one', () => {
    fc.assert(
      fc.property(fc.array(ordinary, { maxLength: 20 }), ordinary, (history, value) => {
        const detector = new SpikeAndDip(DEFAULTS);
        for (const past of history) detector.next(past);

        assert.equal(pValue(history, value), detector.next(value).score);
      }),
    );
  });
});

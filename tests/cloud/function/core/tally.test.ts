import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  addAnomalies,
  addTallies,
  EMPTY_TALLY,
  MAX_LISTED,
  MAX_METERS,
  type Counted,
  type Tally,
} from '../../../../cloud/function/src/core/tally.ts';
import { anomaly, START_MS } from '../support.ts';

const counted = fc
  .record({
    meter: fc.integer({ min: 0, max: 2 * MAX_METERS }),
    second: fc.integer({ min: 0, max: 1_000 }),
    score: fc.double({ min: 0, max: 1, noNaN: true }),
    isLate: fc.boolean(),
    isSpike: fc.boolean(),
    fingerprint: fc.integer({ min: 0, max: 2 ** 48 - 1 }),
  })
  .map(({ meter, second, score, isLate, isSpike, fingerprint }): Counted => ({
    anomaly: {
      ...anomaly({
        meterId: `Meter${meter}`,
        atMs: START_MS + second * 1_000,
        seq: second,
        temp: 70 + second / 100,
        score,
        direction: isSpike ? 'spike' : 'dip',
      }),
      isLate,
    },
    fingerprint,
  }));

describe('tally', () => {
  it('is the same whatever order and portions anomalies come in', () => {
    const law = fc.property(
      fc.uniqueArray(counted, {
        maxLength: 400,
        selector: ({ anomaly: { seq, meterId } }) => `${meterId}/${seq}`,
      }),
      fc.integer({ min: 1, max: 50 }),
      (anomalies, portion) => {
        const atOnce = addAnomalies(EMPTY_TALLY, anomalies);
        assert.deepEqual(inPortions(anomalies.toReversed(), portion), atOnce);
      },
    );
    fc.assert(law, { numRuns: 50 });
  });

  it('counts every anomaly, listed and named or not', () => {
    const many = Array.from({ length: 10_000 }, (_, index) => one(index % 300, index));
    const tally = inPortions(many, 99);

    assert.equal(tally.count, 10_000);
    assert.equal(tally.listed.length, MAX_LISTED);
    assert.equal(tally.meters.length, MAX_METERS);
    const named = tally.meters.reduce((sum, { spikes, dips }) => sum + spikes + dips, 0);
    assert.equal(named + tally.ofOtherMeters, 10_000);
  });

  it('lists those with the lowest scores, in order of event time', () => {
    const many = Array.from({ length: 200 }, (_, index) => one(1, 200 - index));
    const { listed } = addAnomalies(EMPTY_TALLY, many);

    assert.equal(Math.max(...listed.map(({ score }) => score)), MAX_LISTED / 1_000);
    assert.deepEqual(
      listed.map(({ atMs }) => atMs),
      listed.map(({ atMs }) => atMs).toSorted((a, b) => a - b),
    );
  });

  it('adds up to the tally of all, which lists nothing more', () => {
    const law = fc.property(fc.array(counted), fc.array(counted), (some, others) => {
      const sum = addTallies(addAnomalies(EMPTY_TALLY, some), addAnomalies(EMPTY_TALLY, others));
      const all = addAnomalies(EMPTY_TALLY, [...some, ...others]);
      assert.deepEqual({ ...sum, listed: [] }, { ...all, listed: [] });
    });
    fc.assert(law, { numRuns: 50 });
  });
});

function one(meter: number, index: number): Counted {
  const overrides = { meterId: `Meter${meter}`, seq: index, atMs: START_MS + index * 10 };
  return {
    anomaly: { ...anomaly({ ...overrides, score: index / 1_000 }), isLate: false },
    fingerprint: index,
  };
}

function inPortions(anomalies: readonly Counted[], portion: number): Tally {
  let tally = EMPTY_TALLY;
  for (let at = 0; at < anomalies.length; at += portion) {
    tally = addAnomalies(tally, anomalies.slice(at, at + portion));
  }
  return tally;
}

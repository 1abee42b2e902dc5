import assert from 'node:assert/strict';
import fc from 'fast-check';
import { planFleet, spacingOf } from '../../../simulator/meters/core/injection-plan.ts';
import { namedMeters } from '../../../simulator/meters/start-meters.ts';

const SETTINGS = { manual: false, intervalMs: 10_000, historySeconds: 0, seed: 1 };
const FLEET = namedMeters({ ...SETTINGS, count: 10, direct: 2 });

describe('injection plan', () => {
  it('hands out all readings and all anomalies', () => {
    const plans = [...planFleet(FLEET, { readings: 20_003, anomalies: 20 }, 7).values()];
    assert.equal(
      plans.reduce((sum, { readings }) => sum + readings, 0),
      20_003,
    );
    assert.equal(
      plans.reduce((sum, { injections }) => sum + injections.size, 0),
      20,
    );
  });

  it('is the same for the same seed and another for another', () => {
    const total = { readings: 20_000, anomalies: 20 };
    assert.deepEqual(planFleet(FLEET, total, 7), planFleet(FLEET, total, 7));
    assert.notDeepEqual(planFleet(FLEET, total, 7), planFleet(FLEET, total, 8));
  });

  it('keeps warm-up, distance and a quiet end whatever the numbers', () => {
    fc.assert(
      fc.property(fc.integer({ min: 1_000, max: 40_000 }), fc.nat(), (readings, seed) => {
        const anomalies = Math.floor(readings / 2_000);
        const plans = planFleet(FLEET.slice(0, 3), { readings, anomalies }, seed);
        for (const [id, { readings: own, injections }] of plans) {
          const { warmUpReadings, gapReadings } = spacingOf(
            FLEET.find((meter) => meter.id === id) ?? { isDirect: false },
          );
          const at = [...injections.keys()];
          assert.ok(at.every((index) => index >= warmUpReadings && index <= own - 12));
          for (const [index, position] of at.entries()) {
            const next = at[index + 1];
            if (next !== undefined) assert.ok(next - position >= gapReadings);
          }
        }
      }),
      { numRuns: 50 },
    );
  });

  it('says how many anomalies fit when too many are asked for', () => {
    assert.throws(
      () => planFleet(FLEET.slice(0, 1), { readings: 200, anomalies: 2 }, 7),
      /2 anomalies do not fit .* at most 1/,
    );
  });
});

describe('meters of the building', () => {
  it('are numbered from Meter01 and the last ones have no gateway', () => {
    assert.deepEqual(FLEET[0], { id: 'Meter01', isDirect: false });
    assert.deepEqual(
      FLEET.filter(({ isDirect }) => isDirect).map(({ id }) => id),
      ['Meter09', 'Meter10'],
    );
  });

  it('get longer numbers when there are many', () => {
    assert.equal(namedMeters({ ...SETTINGS, count: 1_000, direct: 0 })[0]?.id, 'Meter0001');
  });
});

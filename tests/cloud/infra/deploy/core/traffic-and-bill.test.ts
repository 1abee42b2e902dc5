import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  estimate,
  streamingUnits,
  total,
} from '../../../../../cloud/infra/deploy/core/estimate.ts';
import {
  HUB_LIMITS,
  hubShortfalls,
  trafficOf,
} from '../../../../../cloud/infra/deploy/core/traffic.ts';
import { readSizes } from '../../../../../cloud/infra/deploy/environment-files.ts';

const lab = readSizes('cloud/infra/environments/lab.json');
const fleet = readSizes('cloud/infra/environments/fleet.json');

const workload = fc.record({
  gateways: fc.integer({ min: 1, max: 2_000 }),
  metersBehindGateways: fc.integer({ min: 0, max: 200_000 }),
  directMeters: fc.integer({ min: 0, max: 10_000 }),
  readingIntervalSeconds: fc.integer({ min: 1, max: 900 }),
});

describe('traffic', () => {
  it('of ten meters is one message for each direct reading and each full block of a gateway', () => {
    // 8 meters every 10 s are 0.8 readings/s, and 37 of 95 bytes fill a block. 2 direct meters: 0.2/s.
    // 288 windows a day, of 8 averages in one message.
    const { messagesPerDay } = trafficOf(lab.workload);
    assert.equal(messagesPerDay, Math.round((0.8 / 37 + 0.2) * 86_400) + 288);
  });

  it('of 200,000 meters is packs of the largest size from each of 1,000 gateways', () => {
    // 196 meters every 10 s are 19.6 readings/s, and 684 of 95 bytes fill the 16 blocks of a pack.
    // 196 averages are 45,080 bytes, 12 blocks, 288 times a day. 4,000 direct meters: 400/s.
    const { messagesPerDay } = trafficOf(fleet.workload);
    const packs = ((19.6 * 16) / 684) * 86_400;
    assert.equal(messagesPerDay, Math.round(1_000 * (packs + 12 * 288) + 400 * 86_400));
  });

  it('holds every byte: as many blocks at least as its readings fill', () => {
    fc.assert(
      fc.property(workload, (given) => {
        const { messagesPerDay, readingsPerDay } = trafficOf(given);
        assert.ok(messagesPerDay * 4_096 >= readingsPerDay * 95 - 4_096);
      }),
    );
  });

  it('never shrinks when meters are added', () => {
    fc.assert(
      fc.property(workload, (given) => {
        const more = { ...given, directMeters: given.directMeters + 1 };
        assert.ok(trafficOf(more).messagesPerDay >= trafficOf(given).messagesPerDay);
      }),
    );
  });

  it('is refused by a hub that is too small, by the day and by the second', () => {
    const traffic = trafficOf(fleet.workload);
    const small = hubShortfalls({ ...fleet.iotHub, tier: 'S1', units: 10 }, traffic);
    assert.match(small[0] ?? '', /77,628,632 messages a day, and it takes 4,000,000/);
    assert.match(small[1] ?? '', /432 sends a second, and it takes 120/);
    assert.deepEqual(hubShortfalls({ ...fleet.iotHub, tier: 'S2', units: 21 }, traffic), []);
    assert.equal(HUB_LIMITS.S2.messagesPerDay * 21 >= traffic.messagesPerDay, true);
  });
});

describe('the bill', () => {
  it('knows a third, two thirds, one and four streaming units', () => {
    const units = [3, 7, 10, 40].map((figure) => Number(streamingUnits(figure).toFixed(3)));
    assert.deepEqual(units, [0.333, 0.667, 1, 4]);
  });

  it('is the sum of lines that are all there and none below nothing', () => {
    for (const sizes of [lab, fleet]) {
      const lines = estimate(sizes);
      assert.ok(lines.every(({ monthlyUsd }) => monthlyUsd >= 0));
      assert.equal(
        total(lines),
        lines.reduce((sum, { monthlyUsd }) => sum + monthlyUsd, 0),
      );
    }
    const services = estimate(lab).map(({ service }) => service);
    assert.ok(!services.includes('Databricks'));
    assert.ok(estimate(fleet).some(({ service }) => service === 'Databricks'));
  });

  it('has a price for every size of plan that an environment names', () => {
    for (const sizes of [lab, fleet]) {
      const plan = estimate(sizes).find(({ service }) => service === 'App Service');
      assert.ok((plan?.monthlyUsd ?? 0) > 0, sizes.dashboard.sku);
    }
  });

  it('counts ten S1 units ten times', () => {
    const ten = estimate({ ...lab, iotHub: { ...lab.iotHub, units: 10 } });
    assert.equal(ten[0]?.monthlyUsd, 250);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  groupIntoIncidents,
  INCIDENT_SPAN_MS,
  planMeter,
  retryDelayMs,
  type KnownIncident,
  type PendingAnomaly,
} from '../../../../cloud/function/src/core/incidents.ts';
import { anomaly, GROUP_WAIT_MS, START_MS } from '../support.ts';

const MINUTE_MS = 60_000;

function pending(minute: number, arrivedMs = 0): PendingAnomaly {
  return {
    key: `m${minute}`,
    arrivedMs,
    anomaly: anomaly({ atMs: START_MS + minute * MINUTE_MS }),
  };
}

function known(minute: number, state: Partial<KnownIncident> = {}): KnownIncident {
  return { startMs: START_MS + minute * MINUTE_MS, mailed: true, notBeforeMs: 0, ...state };
}

function plan(
  anomalies: readonly PendingAnomaly[],
  incidents: readonly KnownIncident[],
  nowMs: number,
) {
  return planMeter(anomalies, incidents, { nowMs, groupWaitMs: GROUP_WAIT_MS });
}

describe('incidents', () => {
  it('hold anomalies within five minutes of their start, however many', () => {
    const groups = groupIntoIncidents([0, 2, 4, 5, 5.01, 9, 11].map((minute) => pending(minute)));

    assert.deepEqual(
      groups.map(({ members }) => members.map(({ key }) => key)),
      [['m0', 'm2', 'm4', 'm5'], ['m5.01', 'm9'], ['m11']],
    );
  });

  it('do not depend on the order in which anomalies arrived', () => {
    const anomalies = fc.uniqueArray(fc.integer({ min: 0, max: 60 }), { minLength: 1 });
    fc.assert(
      fc.property(anomalies, fc.infiniteStream(fc.nat()), (minutes, random) => {
        const shuffled = minutes
          .map((minute) => ({ minute, at: random.next().value ?? 0 }))
          .toSorted((a, b) => a.at - b.at);
        assert.deepEqual(
          groupIntoIncidents(shuffled.map(({ minute }) => pending(minute))),
          groupIntoIncidents(minutes.map((minute) => pending(minute))),
        );
      }),
    );
  });

  it('hold every anomaly once, none further from the start than the span', () => {
    fc.assert(
      fc.property(fc.uniqueArray(fc.integer({ min: 0, max: 90 })), (minutes) => {
        const groups = groupIntoIncidents(minutes.map((minute) => pending(minute)));
        const members = groups.flatMap((group) => group.members.map(({ key }) => key));
        assert.deepEqual(members.toSorted(), minutes.map((minute) => `m${minute}`).toSorted());
        for (const group of groups) {
          for (const member of group.members) {
            const distanceMs = member.anomaly.atMs - group.startMs;
            assert.ok(distanceMs >= 0 && distanceMs <= INCIDENT_SPAN_MS);
          }
        }
      }),
    );
  });

  it('are due the group wait after their first anomaly arrived, not before', () => {
    const anomalies = [pending(0, 20_000), pending(1, 10_000)];

    assert.deepEqual(plan(anomalies, [], 10_000 + GROUP_WAIT_MS - 1).begin, []);
    const [due] = plan(anomalies, [], 10_000 + GROUP_WAIT_MS).begin;
    assert.equal(due?.members.length, 2);
    assert.equal(due?.startMs, START_MS);
  });

  it('that were mailed take in what arrives later, before or after their start', () => {
    const { told, begin } = plan([pending(-5), pending(5), pending(6)], [known(0)], 1e12);

    assert.deepEqual(
      told.map(({ key }) => key),
      ['m-5', 'm5'],
    );
    assert.deepEqual(
      begin.map(({ members }) => members.map(({ key }) => key)),
      [['m6']],
    );
  });

  it('that were claimed wait for their claim to end, and no other is begun in their place', () => {
    const claimed = known(0, { mailed: false, notBeforeMs: 1_000_000 });

    const early = plan([pending(0), pending(1)], [claimed], 999_999);
    assert.deepEqual([early.told, early.resume, early.begin], [[], [], []]);
    const late = plan([pending(0), pending(1)], [claimed], 1_000_000);
    assert.equal(late.resume[0]?.known, claimed);
    assert.equal(late.resume[0]?.members.length, 2);
  });

  it('are tried again after growing pauses, at most two minutes', () => {
    assert.deepEqual([1, 2, 3, 7, 50].map(retryDelayMs), [2_000, 4_000, 8_000, 120_000, 120_000]);
  });
});

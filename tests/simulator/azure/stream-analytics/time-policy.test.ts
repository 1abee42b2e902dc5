import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import fc from 'fast-check';
import {
  TimePolicy,
  type TimePolicySettings,
} from '../../../../simulator/azure/stream-analytics/core/time-policy.ts';

type Step = readonly [eventSeconds: number, arrivalSeconds: number, kept: number | string];

interface Table {
  readonly name: string;
  readonly settings: TimePolicySettings;
  readonly steps: readonly Step[];
}

const TABLES: readonly Table[] = [
  {
    name: 'keeps events in order as they are',
    settings: { lateArrivalSeconds: 5, outOfOrderSeconds: 0, action: 'Adjust' },
    steps: [
      [10, 10, 10],
      [11, 12, 11],
      [11, 13, 11],
    ],
  },
  {
    name: 'moves late events to the edge of the tolerance',
    settings: { lateArrivalSeconds: 5, outOfOrderSeconds: 0, action: 'Adjust' },
    steps: [
      [10, 15, 10],
      [10, 16, 11],
      [0, 100, 95],
    ],
  },
  {
    name: 'drops late events when told so',
    settings: { lateArrivalSeconds: 5, outOfOrderSeconds: 0, action: 'Drop' },
    steps: [
      [10, 15, 10],
      [10, 16, 'late'],
    ],
  },
  {
    name: 'moves events out of order to the watermark',
    settings: { lateArrivalSeconds: -1, outOfOrderSeconds: 8, action: 'Adjust' },
    steps: [
      [50, 60, 50],
      [42, 60, 42],
      [41, 60, 42],
      [0, 60, 42],
    ],
  },
  {
    name: 'drops events out of order when told so',
    settings: { lateArrivalSeconds: -1, outOfOrderSeconds: 30, action: 'Drop' },
    steps: [
      [100, 100, 100],
      [70, 101, 70],
      [69, 102, 'outOfOrder'],
    ],
  },
  {
    name: 'judges lateness before order',
    settings: { lateArrivalSeconds: 5, outOfOrderSeconds: 2, action: 'Drop' },
    steps: [
      [100, 100, 100],
      [94, 100, 'late'],
      [97, 100, 'outOfOrder'],
    ],
  },
  {
    name: 'waits indefinitely with a late arrival tolerance of -1',
    settings: { lateArrivalSeconds: -1, outOfOrderSeconds: 0, action: 'Drop' },
    steps: [[0, 3_000_000, 0]],
  },
  {
    name: 'drops events more than five minutes ahead, whatever the settings',
    settings: { lateArrivalSeconds: -1, outOfOrderSeconds: 30, action: 'Adjust' },
    steps: [
      [300, 0, 300],
      [301, 0, 'early'],
    ],
  },
];

const judged = (policy: TimePolicy, [eventSeconds, arrivalSeconds]: Step, substream = '') => {
  const judgement = policy.judge(substream, eventSeconds * 1_000, arrivalSeconds * 1_000);
  return judgement.kept ? judgement.timestampMs / 1_000 : judgement.reason;
};

describe('time policy', () => {
  for (const { name, settings, steps } of TABLES) {
    it(name, () => {
      const policy = new TimePolicy('p', settings);
      assert.deepEqual(
        steps.map((step) => judged(policy, step)),
        steps.map(([, , kept]) => kept),
      );
    });
  }

  it('keeps a timeline for each substream', () => {
    const settings = { lateArrivalSeconds: -1, outOfOrderSeconds: 0, action: 'Drop' } as const;
    const policy = new TimePolicy('p', settings);
    assert.equal(judged(policy, [1_000, 1_000, 0], 'A'), 1_000);
    assert.equal(judged(policy, [10, 1_001, 0], 'B'), 10);
    assert.equal(judged(policy, [11, 1_002, 0], 'A'), 'outOfOrder');
  });

  it('moves the watermark on while nothing arrives, by arrival time less the tolerance', () => {
    const settings = { lateArrivalSeconds: 5, outOfOrderSeconds: 30, action: 'Adjust' } as const;
    const policy = new TimePolicy('p', settings);
    judged(policy, [100, 100, 0], 'A');
    assert.equal(policy.watermarkMs('A'), 70_000);
    assert.deepEqual(policy.passTime(200_000), ['A']);
    assert.equal(policy.watermarkMs('A'), 195_000);
  });

  it('leaves the watermark where it is while it waits indefinitely', () => {
    const settings = { lateArrivalSeconds: -1, outOfOrderSeconds: 30, action: 'Adjust' } as const;
    const policy = new TimePolicy('p', settings);
    judged(policy, [100, 100, 0], 'A');
    assert.deepEqual(policy.passTime(9e12), []);
    assert.equal(policy.watermarkMs('A'), 70_000);
  });

  it('never lets a watermark go back, nor a kept event be before it', () => {
    const settings = fc.record({
      lateArrivalSeconds: fc.integer({ min: -1, max: 50 }),
      outOfOrderSeconds: fc.integer({ min: 0, max: 50 }),
      action: fc.constantFrom('Adjust' as const, 'Drop' as const),
    });
    const events = fc.array(fc.tuple(fc.nat(500), fc.nat(500)), { maxLength: 50 });
    fc.assert(
      fc.property(settings, events, (chosen, list) => {
        const policy = new TimePolicy('p', chosen);
        for (const [eventSeconds, arrivalSeconds] of list) {
          const before = policy.watermarkMs('');
          const judgement = policy.judge('', eventSeconds * 1_000, arrivalSeconds * 1_000);
          assert.ok(policy.watermarkMs('') >= before);
          if (judgement.kept) assert.ok(judgement.timestampMs >= before);
        }
      }),
    );
  });
});

import assert from 'node:assert/strict';
import { chaosReport } from '../../../simulator/chaos/report.ts';
import type { FaultRecord } from '../../../simulator/chaos/fault-runner.ts';
import {
  judgeChaos,
  summarize,
  summarizeTears,
  type ChaosFindings,
} from '../../../simulator/chaos/result.ts';
import { GOOD_RUN, LOSSY_RUN } from '../proof/good-run.ts';

const KILL: FaultRecord = {
  kind: 'kill',
  target: 'averager',
  kills: 1,
  killsInWork: 1,
  wasFelt: true,
  recoveryMs: 1_200,
  tornEnds: [],
};
const RECORDS: readonly FaultRecord[] = [
  KILL,
  { ...KILL, killsInWork: 0, wasFelt: false, recoveryMs: 900 },
  { ...KILL, target: 'edge-hub', recoveryMs: 2_500 },
  { ...KILL, kind: 'torn write', tornEnds: [{ openFrames: 2, bytes: 8_240 }] },
  { ...KILL, kind: 'cut link', target: 'link', kills: 0, killsInWork: 0 },
];

const GOOD: ChaosFindings = {
  ...GOOD_RUN,
  reconciliation: { ...GOOD_RUN.reconciliation, repeatedMails: 1 },
  seed: 7,
  faults: summarize(RECORDS, 'kind'),
  targets: summarize(RECORDS, 'target'),
  torn: summarizeTears(RECORDS),
  setAside: [],
  leftOut: [],
};

describe('result of chaos', () => {
  it('sums up faults by kind and by target', () => {
    assert.deepEqual(GOOD.faults[1], {
      of: 'kill',
      count: 3,
      kills: 3,
      killsInWork: 2,
      felt: 2,
      medianRecoveryMs: 1_200,
      longestRecoveryMs: 2_500,
    });
    assert.deepEqual(
      GOOD.targets.map(({ of, count }) => [of, count]),
      [
        ['averager', 3],
        ['edge-hub', 1],
        ['link', 1],
      ],
    );
    assert.deepEqual(GOOD.torn, { logs: 1, withOpenFrames: 1, withTail: 1 });
  });

  it('is passed when everything agrees and every fault was felt', () => {
    const result = judgeChaos(GOOD);
    assert.deepEqual([result.verdict, result.reasons], ['passed', []]);
    const report = chaosReport(result);
    assert.match(report, /3 of 4 kills found work in flight/);
    assert.match(report, /PASSED: nothing lost/);
  });

  it('is failed when a count does not agree, whatever was felt', () => {
    const result = judgeChaos({ ...GOOD, ...LOSSY_RUN });
    assert.equal(result.verdict, 'failed');
    assert.match(chaosReport(result), /FAILED:\n {2}readings: reading x is lost/);
  });

  it('is failed when a module took a torn end for damage', () => {
    const { verdict, reasons } = judgeChaos({
      ...GOOD,
      setAside: ['averager/averager.db.damaged-1'],
    });
    assert.equal(verdict, 'failed');
    assert.deepEqual(reasons, ['a torn end was taken for damage: averager/averager.db.damaged-1']);
  });

  it('is not exercised when a kind of fault was never felt, nothing was torn or nothing came again', () => {
    const faults = GOOD.faults.map((fault) => ({ ...fault, felt: fault.of === 'kill' ? 0 : 1 }));
    const torn = { logs: 0, withOpenFrames: 0, withTail: 0 };
    const redeliveries = { byEdgeHub: 0, recognisedByModules: 0, inArchive: 0, averages: 0 };
    const { verdict, reasons } = judgeChaos({ ...GOOD, faults, torn, redeliveries });
    assert.equal(verdict, 'not exercised');
    assert.deepEqual(reasons, [
      'no kill hit any work',
      'no log was torn',
      'edgeHub delivered nothing again',
      'no repeat was there to be recognised',
    ]);
  });

  it('says which faults were left out, and why', () => {
    const leftOut = ['full disk: this system lets no small disk be mounted'];
    assert.match(chaosReport(judgeChaos({ ...GOOD, leftOut })), /left out: full disk: this system/);
  });
});

import assert from 'node:assert/strict';
import { parseProofOptions } from '../../../simulator/proof/options.ts';
import { archivedReadings } from '../../../simulator/proof/observe/archive.ts';
import { proofReport } from '../../../simulator/proof/report.ts';
import { judge, type Findings } from '../../../simulator/proof/result.ts';
import { waitUntil } from '../../../simulator/proof/wait-until.ts';
import { GOOD_RUN, LOSSY_RUN } from './good-run.ts';

const GOOD: Findings = {
  ...GOOD_RUN,
  faults: {
    kills: [{ module: 'averager', inFlightMessages: 12, downMs: 1_300 }],
    backlogReadings: 2_500,
    cutMs: 2_000,
  },
};

describe('verdict of a proof', () => {
  it('is passed when everything agrees and was put to the test', () => {
    const result = judge(GOOD);
    assert.deepEqual([result.verdict, result.reasons], ['passed', []]);
    assert.match(proofReport(result), /of 12 meters \(2 virtual\)/);
    assert.match(proofReport(result), /PASSED: nothing lost/);
  });

  it('is failed when a count does not agree, with the reason', () => {
    const result = judge({ ...GOOD, ...LOSSY_RUN });
    assert.equal(result.verdict, 'failed');
    assert.match(proofReport(result), /FAILED:\n {2}readings: reading x is lost/);
  });

  it('is failed when a mail came again', () => {
    const reconciliation = { ...GOOD.reconciliation, repeatedMails: 2 };
    const { verdict, reasons } = judge({ ...GOOD, reconciliation });
    assert.deepEqual([verdict, reasons], ['failed', ['mails: 2 came again']]);
  });

  it('is not exercised when a kill hit nothing, nothing came again or nothing waited', () => {
    const kills = [{ module: 'meter-simulator' as const, inFlightMessages: 0, downMs: 1 }];
    const faults = { ...GOOD.faults, kills, backlogReadings: 1_999 };
    const none = { byEdgeHub: 5, recognisedByModules: 0, inArchive: 0, averages: 0 };
    const result = judge({ ...GOOD, faults, redeliveries: none });
    assert.equal(result.verdict, 'not exercised');
    assert.equal(result.reasons.length, 3);
    assert.equal(result.reasons[0], 'nothing was in flight at meter-simulator when it was killed');
  });
});

describe('options of the proof', () => {
  const parse = (...args: string[]) => parseProofOptions(args, '/folder');

  it('have defaults, fewer meters for a recording', () => {
    const { readings, meters, direct, anomalies, seed } = parse();
    assert.deepEqual([readings, meters, direct, anomalies, seed], [20_000, 10, 2, 20, 7]);
    assert.equal(parse().virtual, 2);
    const replay = parse('--replay', 'data.csv');
    assert.deepEqual([replay.meters, replay.direct, replay.anomalies], [2, 1, 0]);
    assert.equal(replay.virtual, 2);
    assert.equal(replay.replayFile, '/folder/data.csv');
  });

  it('are refused by name when they make no sense', () => {
    assert.throws(() => parse('--readings', 'many'), /--readings takes a whole number/);
    assert.throws(() => parse('--meters', '2', '--direct', '2'), /leaves no meter behind/);
    assert.throws(() => parse('--virtual', '0'), /--virtual takes a whole number from 1 on/);
    assert.throws(() => parse('--speed', '9'), /--speed/);
  });
});

describe('archive as the proof reads it', () => {
  it('finds columns by name', () => {
    const csv = 'id,time,temp,seq,gateway\r\nMeter01,2026-11-22T18:00:00.000Z,70.5,7,gateway\r\n';
    assert.deepEqual(archivedReadings(csv, 'a.csv'), [
      { id: 'Meter01', time: '2026-11-22T18:00:00.000Z', temp: 70.5, seq: 7 },
    ]);
  });

  it('names the blob when a column is missing', () => {
    assert.throws(() => archivedReadings('id,time,temp\r\n', 'a.csv'), /a\.csv has no column seq/);
  });
});

describe('waiting', () => {
  it('takes failures for "not yet" and says at the end what did not happen', async () => {
    let looks = 0;
    const look = () => {
      looks += 1;
      return looks < 3 ? Promise.reject(new Error('away')) : Promise.resolve(looks);
    };
    assert.equal(await waitUntil(look, { what: 'x', patienceMs: 1_000, everyMs: 1 }), 3);
    await assert.rejects(
      waitUntil(() => Promise.resolve(undefined), { what: 'quiet', patienceMs: 5, everyMs: 1 }),
      /quiet: not within/,
    );
  });
});

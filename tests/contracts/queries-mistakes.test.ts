/** The classic lab's two queries go wrong in fifteen ways. Each has a test that ours do not. */
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { describe, it } from 'mocha';
import { runLocally } from '../../simulator/azure/stream-analytics/core/local-run.ts';
import { readProject } from '../../simulator/azure/stream-analytics/project-files.ts';
import { plain, recordOf } from '../simulator/azure/stream-analytics/events.ts';

const FOLDER = fileURLToPath(new URL('../../cloud/stream-analytics', import.meta.url));
const query = (job: string) => readFileSync(`${FOLDER}/${job}.asaql`, 'utf8');
const code = (job: string) => query(job).replaceAll(/--.*/g, '');

interface Reading {
  readonly id?: unknown;
  readonly time?: unknown;
  readonly temp?: unknown;
  readonly seq?: number;
}

function time(seconds: number): string {
  return new Date(Date.UTC(2026, 0, 1) + seconds * 1_000).toISOString();
}

/** What a job makes of the readings of one direct meter. */
function ofMeter(job: string, readings: readonly Reading[], device = 'Meter09') {
  const alias = { 'hot-path': 'hot-path-direct', alerts: 'alerts-direct' }[job] ?? job;
  const events = readings.map((reading) =>
    recordOf({ ...reading, IoTHub: { ConnectionDeviceId: device } }),
  );
  const output = runLocally(query(job), new Map([[alias, events]]), 0);
  // The tables of Azure SQL get the same rows once more.
  return plain([...output].flatMap(([name, rows]) => (name.includes('-table-') ? [] : rows)));
}

/** Quiet readings every 10 s, but for one. */
function quietBut(index: number, temp: number, count = 420): Reading[] {
  return Array.from({ length: count }, (_, each) => ({
    id: 'Meter09',
    time: time(10 * (each + 1)),
    temp: each === index ? temp : 70 + Math.sin(each * 1.7) / 2,
    seq: each,
  }));
}

describe('mistakes of the classic queries', () => {
  it('1: all queries read the field that the meters send, so that averages are not NULL', () => {
    const [average] = ofMeter('hot-path', quietBut(-1, 0, 30));
    assert.equal(typeof average?.['average'], 'number');
    for (const job of ['hot-path', 'cold-path', 'alerts']) {
      assert.doesNotMatch(code(job), /\btemperature\b/);
    }
  });

  it('2: the confidence is one at which something can be anomalous', () => {
    assert.match(
      code('alerts'),
      /AnomalyDetection_SpikeAndDip\(temp, 99\.99, 120, 'spikesanddips'\)/,
    );
    assert.equal(ofMeter('alerts', quietBut(400, 90)).length, 1);
  });

  it('3: anomalies stay in the archive, and alerts are the anomalous rows', () => {
    const readings = quietBut(400, 90);
    assert.equal(ofMeter('cold-path', readings).length, readings.length);
    assert.match(code('alerts'), /WHERE isAnomaly = 1/);
  });

  it('4: WHERE uses no alias of its own SELECT', () => {
    assert.equal(ofMeter('alerts', quietBut(-1, 0)).length, 0);
    assert.match(code('alerts'), /FROM Compared\s+WHERE isAnomaly = 1/);
  });

  it('5: the duration holds as many windows as the history has values', () => {
    const [, size] = /, 120, .*?DURATION\(minute, (\d+)\)/s.exec(code('alerts')) ?? [];
    assert.equal((Number(size) * 60) / 30, 120);
  });

  it('6: one odd reading of the meters’ cadence still stands out of a window’s mean', () => {
    const [spike] = ofMeter('alerts', quietBut(400, 90));
    assert.equal(spike?.['direction'], 'spike');
    const [dip] = ofMeter('alerts', quietBut(400, 50));
    assert.equal(dip?.['direction'], 'dip');
  });

  it('7: functions with OVER on windows reckon with one row per window', () => {
    const [anomaly] = ofMeter('alerts', quietBut(400, 90));
    const times = ['time', 'time1', 'time2', 'time3', 'time4', 'time5'].map((name) =>
      Date.parse(String(anomaly?.[name])),
    );
    const gaps = times.slice(1).map((each, index) => (times[index] ?? 0) - each);
    assert.deepEqual(gaps, [30_000, 30_000, 30_000, 30_000, 30_000]);
  });

  it('8: a value that is no number stops no job', () => {
    const readings = [{ id: 'Meter09', time: time(10), temp: 'warm' }, ...quietBut(-1, 0, 30)];
    for (const job of ['hot-path', 'cold-path', 'alerts']) ofMeter(job, readings);
    for (const job of ['hot-path', 'cold-path', 'alerts']) {
      assert.doesNotMatch(code(job), /[^_]CAST\((temp|seq|id|\[time\])/);
    }
  });

  it('9: a number that came as text counts', () => {
    const [average] = ofMeter('hot-path', [{ id: 'Meter09', time: time(10), temp: '70.5' }]);
    assert.equal(average?.['average'], 70.5);
  });

  it('10: every average says for which window it is', () => {
    const [average] = ofMeter('hot-path', quietBut(-1, 0, 30));
    assert.equal(average?.['windowStart'], '2026-01-01T00:00:00.0000000Z');
    assert.equal(average?.['windowEnd'], '2026-01-01T00:05:00.0000000Z');
  });

  it('11: windows follow the meters’ clock, so that a backlog lands where it belongs', () => {
    const backlog = quietBut(-1, 0, 60);
    const ends = ofMeter('hot-path', backlog).map(({ windowEnd }) => windowEnd);
    assert.deepEqual(ends, ['2026-01-01T00:05:00.0000000Z', '2026-01-01T00:10:00.0000000Z']);
  });

  it('12: a meter speaks only for itself', () => {
    for (const job of ['hot-path', 'cold-path', 'alerts']) {
      assert.deepEqual(ofMeter(job, quietBut(400, 90), 'Intruder'), []);
    }
  });

  it('13: what cannot wait five minutes does not: alerts are made every half minute', () => {
    assert.match(code('alerts'), /TumblingWindow\(second, 30\)/);
    assert.doesNotMatch(code('alerts'), /TumblingWindow\(minute/);
  });

  it('14: nothing is written to Power BI, which takes no more streams', () => {
    const kinds = readProject(FOLDER).outputs.map(({ kind }) => kind);
    assert.deepEqual([...new Set(kinds)].toSorted(), ['blob', 'eventHub', 'sql']);
  });

  it('15: an alert keeps its score, and each meter has a history of its own', () => {
    const [anomaly] = ofMeter('alerts', quietBut(400, 90));
    assert.ok(Number(anomaly?.['score']) <= 1e-4);
    assert.match(code('alerts'), /OVER \(PARTITION BY id/);
  });
});

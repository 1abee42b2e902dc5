import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { describe, it } from 'mocha';
import fc from 'fast-check';
import { Job } from '../../../../simulator/azure/stream-analytics/core/job.ts';
import type { InputEvent } from '../../../../simulator/azure/stream-analytics/core/row.ts';
import { at, event, liveJob, taken } from './events.ts';

const read = (name: string) =>
  readFileSync(
    new URL(`../../../../cloud/stream-analytics/${name}.asaql`, import.meta.url),
    'utf8',
  );
const ALERTS = read('alerts');
const HOT_PATH = read('hot-path');

function reading(id: string, seconds: number, options: { temp?: number; arrival?: number } = {}) {
  const { temp = 70 + Math.sin(seconds), arrival = seconds } = options;
  const arrivalMs = Date.parse(at(arrival));
  return event({ id, time: at(seconds), temp, seq: seconds }, { device: id, arrivalMs });
}

describe('a job', function () {
  this.timeout(10_000);

  it('puts a three-day backlog among live readings into the windows where it belongs', () => {
    const job = liveJob(HOT_PATH);
    const threeDays = 3 * 86_400;
    const backlog = Array.from({ length: threeDays / 600 }, (_, index) => 600 * (index + 1) - 10);
    let live = threeDays;
    for (const [index, seconds] of backlog.entries()) {
      job.push('hot-path-direct', reading('Back', seconds, { temp: index, arrival: live }));
      live += 10;
      job.push('hot-path-direct', reading('Live', live, { temp: 70, arrival: live }));
    }
    const rows = taken(job);
    const returned = rows.filter(({ id }) => id === 'Back');
    assert.equal(returned.length, backlog.length - 1);
    for (const [index, { average, windowEnd }] of returned.entries()) {
      assert.equal(average, index);
      assert.equal(Date.parse(String(windowEnd)), Date.parse(at(600 * (index + 1))));
    }
    const others = rows.filter(({ id }) => id === 'Live');
    assert.equal(others.length, Math.ceil((backlog.length * 10 - 30) / 300) - 1);
    for (const { count } of others) assert.equal(count, 30);
    assert.equal(job.counters().droppedEvents, 0);
  });

  it('leaves repeats of readings in closed windows out, and counts them', () => {
    const job = liveJob(HOT_PATH);
    for (let seconds = 10; seconds <= 700; seconds += 10) {
      job.push('hot-path-direct', reading('Meter01', seconds));
    }
    for (let seconds = 10; seconds <= 700; seconds += 10) {
      job.push('hot-path-direct', reading('Meter01', seconds, { arrival: 701 }));
    }
    job.push('hot-path-direct', reading('Meter01', 1_000));
    assert.deepEqual(
      taken(job).map(({ count }) => count),
      [30, 30, 10],
    );
    assert.equal(job.counters().outOfOrderEvents, 66);
  });

  it('goes on after a restart exactly as if there had been none, wherever it comes', () => {
    const events: InputEvent[] = [];
    for (let seconds = 10; seconds <= 5_400; seconds += 10) {
      events.push(reading('Meter01', seconds, seconds === 4_500 ? { temp: 95 } : {}));
    }
    const whole = liveJob(ALERTS);
    for (const each of events) whole.push('alerts-direct', each);
    const expected = taken(whole);
    assert.equal(expected.length, 1);
    fc.assert(
      fc.property(fc.array(fc.nat(events.length), { maxLength: 4 }), (cuts) => {
        const saved = new Map<string, { operator: string; key: string; text: string }>();
        const rows: unknown[] = [];
        const bounds = [0, ...cuts.toSorted((a, b) => a - b), events.length];
        for (const [index, start] of bounds.slice(0, -1).entries()) {
          const job = liveJob(ALERTS);
          job.restore(saved.values());
          for (const each of events.slice(start, bounds[index + 1]))
            job.push('alerts-direct', each);
          rows.push(...taken(job));
          for (const { operator, key, text } of job.takeStateChanges()) {
            const name = `${operator} ${key}`;
            if (text === undefined) saved.delete(name);
            else saved.set(name, { operator, key, text });
          }
        }
        assert.deepEqual(rows, expected);
      }),
      { numRuns: 15 },
    );
  });

  it('closes windows of a silent meter by arrival time when late arrival is limited', () => {
    const job = liveJob(HOT_PATH, { lateArrivalSeconds: 60 });
    job.push('hot-path-direct', reading('Meter01', 10));
    job.passTime(Date.parse(at(360)));
    assert.deepEqual(taken(job), []);
    job.passTime(Date.parse(at(361)));
    assert.equal(taken(job).length, 1);
  });

  it('counts event times that are none, and goes on', () => {
    const job = liveJob(HOT_PATH);
    const broken = event({ id: 'Meter01', time: 'yesterday', temp: 70 }, { device: 'Meter01' });
    job.push('hot-path-direct', broken);
    job.push('hot-path-direct', reading('Meter01', 10));
    const { eventsIn, conversionErrors, droppedEvents } = job.counters();
    assert.deepEqual([eventsIn, conversionErrors, droppedEvents], [2, 1, 1]);
  });

  it('leaves no trace of timelines whose windows are closed but their latest time', () => {
    const job = liveJob(HOT_PATH, { lateArrivalSeconds: 60 });
    job.push('hot-path-direct', reading('Meter01', 10));
    job.takeStateChanges();
    job.passTime(Date.parse(at(1_000)));
    const changes = job.takeStateChanges();
    assert.deepEqual([...new Set(changes.map(({ text }) => text))], [undefined]);
  });

  it('takes the names of inputs and outputs from its query', () => {
    const job = new Job('SELECT a INTO [out put] FROM [in put]');
    assert.deepEqual([job.inputs, job.outputs], [['in put'], ['out put']]);
  });
});

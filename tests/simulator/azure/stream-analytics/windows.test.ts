import assert from 'node:assert/strict';
import { describe, it } from 'mocha';
import fc from 'fast-check';
import { at, event, liveJob, run, taken } from './events.ts';

const AVERAGES = `SELECT id, System.Timestamp() AS windowEnd, AVG(temp) AS average, SUM(temp) AS total,
  MIN(temp) AS least, MAX(temp) AS most, COUNT(*) AS n
  FROM events TIMESTAMP BY time GROUP BY id, TumblingWindow(minute, 5)`;

const reading = fc.record({
  id: fc.constantFrom('A', 'B'),
  seconds: fc.integer({ min: 1, max: 3_600 }),
  temp: fc.double({ min: -1e6, max: 1e6, noNaN: true }),
});

describe('tumbling windows', () => {
  it('exclude their start and include their end, and are stamped with it', () => {
    const events = [0, 1, 300, 301].map((seconds) => ({ id: 'A', time: at(seconds), temp: 1 }));
    const rows = run(AVERAGES, events);
    assert.deepEqual(
      rows.map(({ windowEnd, n }) => [windowEnd, n]),
      [
        ['2026-01-01T00:00:00.0000000Z', 1],
        ['2026-01-01T00:05:00.0000000Z', 2],
        ['2026-01-01T00:10:00.0000000Z', 1],
      ],
    );
  });

  it('give the same whatever the order of arrival', () => {
    const byKey = (rows: Record<string, unknown>[]) =>
      new Map(rows.map((row) => [JSON.stringify([row['id'], row['windowEnd']]), row]));
    fc.assert(
      fc.property(
        fc.array(reading, { maxLength: 60 }),
        fc.infiniteStream(fc.nat()),
        (list, keys) => {
          const events = list.map(({ id, seconds, temp }) => ({ id, time: at(seconds), temp }));
          const shuffled = events
            .map((each) => [keys.next().value ?? 0, each] as const)
            .toSorted(([a], [b]) => a - b)
            .map(([, each]) => each);
          const expected = byKey(run(AVERAGES, events));
          const rows = byKey(run(AVERAGES, shuffled));
          assert.deepEqual([...rows.keys()].toSorted(), [...expected.keys()].toSorted());
          for (const [key, row] of rows) {
            const other = expected.get(key) ?? {};
            assert.deepEqual(
              [row['n'], row['least'], row['most']],
              [other['n'], other['least'], other['most']],
            );
            assert.ok(Math.abs(Number(row['average']) - Number(other['average'])) <= 1e-9);
          }
        },
      ),
    );
  });

  it('count every reading once', () => {
    fc.assert(
      fc.property(fc.array(reading, { maxLength: 60 }), (list) => {
        const events = list.map(({ id, seconds, temp }) => ({ id, time: at(seconds), temp }));
        const counted = run(AVERAGES, events).reduce((sum, { n }) => sum + Number(n), 0);
        assert.equal(counted, list.length);
      }),
    );
  });

  it('keep the small digits of a mean beside huge values', () => {
    const temps = [1e15, 0.25, -1e15, 0.25];
    const [row] = run(
      AVERAGES,
      temps.map((temp) => ({ id: 'A', time: at(10), temp })),
    );
    assert.equal(row?.['average'], 0.125);
  });

  it('do not truncate the mean of whole numbers', () => {
    const [row] = run(
      AVERAGES,
      [70, 71].map((temp) => ({ id: 'A', time: at(10), temp })),
    );
    assert.deepEqual([row?.['average'], row?.['total']], [70.5, 141]);
  });

  it('skip NULL in aggregates; of nothing the mean is NULL and the count of rows stays', () => {
    const [row] = run(AVERAGES, [{ id: 'A', time: at(10) }]);
    assert.deepEqual([row?.['average'], row?.['least'], row?.['n']], [null, null, 1]);
  });

  it('close when the watermark is past their end, not before', () => {
    const job = liveJob(AVERAGES);
    job.push('events', event({ id: 'A', time: at(300), temp: 1 }));
    job.push(
      'events',
      event({ id: 'A', time: at(330), temp: 9 }, { arrivalMs: Date.parse(at(330)) }),
    );
    assert.deepEqual(taken(job), []);
    job.push(
      'events',
      event({ id: 'A', time: at(300), temp: 3 }, { arrivalMs: Date.parse(at(331)) }),
    );
    job.push(
      'events',
      event({ id: 'A', time: at(331), temp: 9 }, { arrivalMs: Date.parse(at(331)) }),
    );
    assert.deepEqual(
      taken(job).map(({ average }) => average),
      [2],
    );
  });

  it('take a number that no float can hold for NULL', () => {
    const events = ['1e999', '-1e999', '70'].map((temp): unknown =>
      JSON.parse(`{"id":"A","time":"${at(10)}","temp":${temp}}`),
    );
    const [{ average, n } = {}] = run(AVERAGES, events);
    assert.deepEqual([average, n], [70, 3]);
  });

  it('keep groups by HAVING', () => {
    const query = `SELECT id, COUNT(*) AS n FROM events TIMESTAMP BY time
      GROUP BY id, Tumbling(minute, 5) HAVING COUNT(*) > 1`;
    const events = ['A', 'A', 'B'].map((id) => ({ id, time: at(10) }));
    assert.deepEqual(run(query, events), [{ id: 'A', n: 2 }]);
  });
});

describe('functions with OVER', () => {
  const step = (
    columns: string,
  ) => `WITH s AS (SELECT id, MAX(temp) AS temp FROM events TIMESTAMP BY time
    GROUP BY id, TumblingWindow(second, 30)) SELECT id, ${columns} FROM s`;
  const events = [1, 2, 3, 4].map((n) => ({ id: 'A', time: at(n * 30), temp: n }));
  const over = (seconds: number) => `OVER (PARTITION BY id LIMIT DURATION(second, ${seconds}))`;

  it('LAG gives an earlier row of the partition within the duration', () => {
    const query = step(`temp, LAG(temp, 2, 0) ${over(90)} AS before`);
    const others = events.map((each) => ({ ...each, id: 'B', temp: each.temp * 10 }));
    const rows = run(query, [...events, ...others]);
    assert.deepEqual(
      rows.filter(({ id }) => id === 'A').map(({ before }) => before),
      [0, 0, 1, 2],
    );
    const tooShort = run(step(`LAG(temp, 2) ${over(60)} AS before`), events);
    assert.deepEqual(
      tooShort.map(({ before }) => before),
      [null, null, null, null],
    );
  });

  it('AVG covers the duration, its start excluded, the row itself included', () => {
    const rows = run(step(`AVG(temp) ${over(60)} AS mean`), events);
    assert.deepEqual(
      rows.map(({ mean }) => mean),
      [1, 1.5, 2.5, 3.5],
    );
  });

  it('look at all rows, whatever WHERE lets through', () => {
    const rows = run(`${step(`LAG(temp) ${over(60)} AS before`)} WHERE temp = 4`, events);
    assert.deepEqual(
      rows.map(({ before }) => before),
      [3],
    );
  });

  it('judge nothing until the history is full again after a gap, and count it', () => {
    const query = step(
      `AnomalyDetection_SpikeAndDip(temp, 95, 4, 'spikes') ${over(120)} AS verdict`,
    );
    const job = liveJob(query, { outOfOrderSeconds: 0 });
    for (const n of [1, 2, 3, 4, 5, 7, 8, 9, 10, 12]) {
      const arrivalMs = Date.parse(at(n * 30));
      job.push(
        'events',
        event({ id: 'A', time: at(n * 30), temp: n === 7 ? 90 : 1 + n / 100 }, { arrivalMs }),
      );
    }
    const anomalies = taken(job).map(({ verdict }) => (verdict as { IsAnomaly: number }).IsAnomaly);
    assert.deepEqual(anomalies, [0, 0, 0, 1, 1, 0, 0, 0, 0]);
    assert.equal(job.rowsBehindGaps(), 3);
  });
});

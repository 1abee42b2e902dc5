import assert from 'node:assert/strict';
import { parseAnomalies, parseAverages } from '../../../cloud/dashboard/server/hub-events.ts';

const AVERAGE = {
  id: 'Meter01',
  windowStart: '2026-11-22T18:00:00.0000000Z',
  windowEnd: '2026-11-22T18:05:00.0000000Z',
  average: 70.5,
  minimum: 69,
  maximum: 72,
  count: 30,
  expectedCount: 31,
  revision: 1,
  gateway: 'gateway-01',
  delaySeconds: 94,
};

const POINT = {
  endMs: Date.parse('2026-11-22T18:05:00Z'),
  average: 70.5,
  minimum: 69,
  maximum: 72,
  count: 30,
  expectedCount: 31,
  revision: 1,
  delaySeconds: 94,
};

const ANOMALY = {
  id: 'Meter01',
  time: '2026-11-22T18:05:00Z',
  temp: 90.2,
  direction: 'spike',
  score: 1e-9,
  confidence: 99.99,
  historySize: 120,
  usual: 70.1,
  gateway: null,
};

describe('dashboard events', () => {
  it('reads an average with times to seven decimals', () => {
    assert.deepEqual(parseAverages(AVERAGE).rows, [{ id: 'Meter01', point: POINT }]);
  });

  for (const [form, body] of [
    ['an array', [AVERAGE, AVERAGE]],
    ['lines of text', `${JSON.stringify(AVERAGE)}\r\n${JSON.stringify(AVERAGE)}\n`],
    ['bytes', Buffer.from(`${JSON.stringify(AVERAGE)}\n${JSON.stringify(AVERAGE)}`)],
  ] as const) {
    it(`reads several averages in ${form}`, () => {
      assert.equal(parseAverages(body).rows.length, 2);
    });
  }

  it('reads an anomaly of a meter with or without a gateway', () => {
    const { rows } = parseAnomalies(ANOMALY);

    assert.deepEqual(rows, [
      {
        id: 'Meter01',
        atMs: Date.parse('2026-11-22T18:05:00Z'),
        temp: 90.2,
        direction: 'spike',
        score: 1e-9,
        usual: 70.1,
        delaySeconds: null,
      },
    ]);
  });

  it('refuses what is not an average, and counts it', () => {
    const refused = [
      undefined,
      'not json',
      { ...AVERAGE, average: 'warm' },
      { ...AVERAGE, average: Infinity },
      { ...AVERAGE, windowEnd: 'yesterday' },
      { ...AVERAGE, id: '' },
    ];
    for (const body of refused) {
      assert.deepEqual(parseAverages(body), { rows: [], refused: 1 });
    }
  });

  it('keeps the good lines beside a bad one', () => {
    const parsed = parseAverages(`${JSON.stringify(AVERAGE)}\n{"id":`);

    assert.equal(parsed.rows.length, 1);
    assert.equal(parsed.refused, 1);
  });
});

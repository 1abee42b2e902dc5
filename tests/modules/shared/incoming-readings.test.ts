import assert from 'node:assert/strict';
import { Counters } from '../../../modules/shared/src/counters.ts';
import { incomingReadings } from '../../../modules/shared/src/incoming-readings.ts';

const READING = { id: 'Meter01', time: '2026-06-01T11:00:00Z', temp: 70, seq: 1 };
const LEAF = { '$.cdid': 'Meter01' };

function take(body: unknown, properties: Record<string, string> = LEAF) {
  const reasons: string[] = [];
  const counters = Counters.parse({});
  const readings = incomingReadings(
    {
      input: 'readings',
      body: typeof body === 'string' ? body : JSON.stringify(body),
      messageId: undefined,
      properties,
      acknowledge: () => {},
    },
    { counters, quarantine: (_message, reason) => reasons.push(reason) },
  );
  return { readings: readings.map(({ reading }) => reading), reasons, counters };
}

describe('incoming readings', () => {
  it('are one object or an array of them', () => {
    assert.deepEqual(take(READING).readings, [READING]);
    assert.deepEqual(take([READING, { ...READING, seq: 2 }]).readings.length, 2);
  });

  it('keep fields that nobody here knows', () => {
    assert.deepEqual(take({ ...READING, colour: 'red' }).readings, [{ ...READING, colour: 'red' }]);
  });

  it('are refused when a leaf device speaks for another', () => {
    const { readings, reasons, counters } = take({ ...READING, id: 'Meter02' });

    assert.deepEqual(readings, []);
    assert.deepEqual(reasons, ['a device speaks only for itself']);
    assert.equal(counters.refused, 1);
  });

  it('of any meter are taken from a module', () => {
    const properties = { '$.cdid': 'gateway-01', '$.cmid': 'meter-simulator' };

    assert.equal(take(READING, properties).readings.length, 1);
  });

  it('that are not readings go to quarantine and do not hold up the rest', () => {
    const { readings, reasons, counters } = take([
      { ...READING, temp: 'warm' },
      { ...READING, time: 'yesterday' },
      { time: READING.time, temp: 1 },
      null,
      READING,
    ]);

    assert.deepEqual(readings, [READING]);
    assert.equal(counters.received, 5);
    assert.deepEqual(
      reasons.map((reason) => reason.split(' ').slice(0, 4).join(' ')),
      ['not a reading: temp', 'not a reading: time', 'not a reading: id', 'not a reading: Invalid'],
    );
  });

  it('that are not JSON go to quarantine', () => {
    assert.deepEqual(take('{"id":').reasons, ['the body is not JSON']);
  });
});

import assert from 'node:assert/strict';
import { ClockWatch } from '../../../modules/shared/src/clock-watch.ts';
import { Counters } from '../../../modules/shared/src/counters.ts';
import { incomingReadings } from '../../../modules/shared/src/incoming-readings.ts';
import { createLogger } from '../../../modules/shared/src/logger.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const READING = { id: 'Meter01', time: '2026-06-01T11:00:00Z', temp: 70, seq: 1 };
const LEAF = { '$.cdid': 'Meter01' };

const clockWatch = new ClockWatch({
  kept: { read: () => undefined, write: () => {} },
  clock: new FakeClock(),
  log: createLogger('tester', 'silent'),
});

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
    {
      counters,
      clockWatch,
      quarantine: (_message, reason, _body, count = 1) => {
        reasons.push(reason);
        counters.quarantined += count;
      },
    },
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
    assert.deepEqual(reasons, ['a device speaks only for itself: id']);
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
      [0, 1, 2, 3].map((index) => `not a reading: [${index}]`),
    );
  });

  it('that are not JSON go to quarantine', () => {
    assert.deepEqual(take('{"id":').reasons, ['the body is not JSON']);
    assert.deepEqual(take(' \n').reasons, ['the body is empty']);
  });

  it('name the place of what is wrong with them', () => {
    const { reasons } = take([
      { ...READING, temp: 'warm' },
      { ...READING, id: 'half a \ud83d' },
      { ...READING, time: '1999-12-31T23:59:59Z' },
      { ...READING, id: 'Meter02' },
    ]);

    assert.deepEqual(reasons, [
      'not a reading: [0] temp Invalid input: expected number, received string',
      'not a reading: [1] id Invalid input: control characters',
      'a device speaks only for itself: [3] id',
      'its time is before the year 2000: [2] time',
    ]);
  });

  it('that are refused by the thousand are kept one by one only at first, and all are counted', () => {
    const many = [...Array.from({ length: 5_000 }, () => ({})), READING];
    const { readings, reasons, counters } = take(many);

    assert.deepEqual(readings, [READING]);
    assert.equal(reasons.length, 11);
    assert.equal(reasons.at(-1), 'more refused entries of one message: 4990');
    assert.equal(counters.quarantined, 5_000);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import { readAlertEvent } from '../../../cloud/function/src/alert-events.ts';
import { alertEvent, START_MS } from './support.ts';

function reasons(event: unknown): string[] {
  return readAlertEvent(event).flatMap((item) => (item.kind === 'refused' ? [item.reason] : []));
}

describe('alert events', () => {
  it("are read in the shape of a gateway's detector", () => {
    const [item] = readAlertEvent(alertEvent());

    assert.ok(item?.kind === 'anomaly');
    assert.equal(item.anomaly.atMs, START_MS);
    assert.equal(item.anomaly.gateway, 'gateway-01');
    assert.deepEqual(item.anomaly.recent, [
      { atMs: START_MS - 10_000, temp: 70.3 },
      { atMs: START_MS, temp: 91.4 },
    ]);
  });

  it('are read in the shape of the cloud query, lag columns oldest first', () => {
    const direct = alertEvent({
      recent: undefined,
      seq: undefined,
      gateway: null,
      time: '2026-11-22T18:05:30.0000000Z',
      time1: '2026-11-22T18:05:00.0000000Z',
      temp1: 70.5,
      time2: '2026-11-22T18:04:30.0000000Z',
      temp2: 70.4,
      time3: null,
      temp3: null,
      EventEnqueuedUtcTime: '2026-11-22T18:05:31Z',
    });
    const [item] = readAlertEvent(JSON.parse(JSON.stringify(direct)));

    assert.ok(item?.kind === 'anomaly');
    assert.equal(item.anomaly.gateway, null);
    assert.equal(item.anomaly.seq, null);
    assert.deepEqual(item.anomaly.recent, [
      { atMs: START_MS - 60_000, temp: 70.4 },
      { atMs: START_MS - 30_000, temp: 70.5 },
    ]);
  });

  it('are read from arrays, lines and bytes as well', () => {
    const [one, two] = [alertEvent({ seq: 1 }), alertEvent({ seq: 2 })];
    const lines = `${JSON.stringify(one)}\r\n${JSON.stringify(two)}\n`;

    for (const event of [[one, two], lines, Buffer.from(lines), JSON.stringify([one, two])]) {
      assert.deepEqual(
        readAlertEvent(event).map((item) => item.kind === 'anomaly' && item.anomaly.seq),
        [1, 2],
      );
    }
  });

  it('that are malformed are refused with a reason, and lose nothing beside them', () => {
    const items = readAlertEvent([alertEvent({ temp: 'hot' }), alertEvent()]);

    assert.deepEqual(
      items.map(({ kind }) => kind),
      ['refused', 'anomaly'],
    );
    assert.match(reasons(alertEvent({ temp: 'hot' })).join(), /temp/);
    assert.match(reasons(alertEvent({ time: 'yesterday' })).join(), /time/);
    assert.match(reasons(alertEvent({ id: '' })).join(), /id/);
    assert.match(reasons('{"id": "Meter07"').join(), /not JSON/);
    assert.match(reasons('').join(), /empty/);
    assert.equal(reasons(null).length, 1);
    assert.equal(reasons(undefined).length, 1);
  });

  it('are told of even when a detail that the mail can do without is unusable', () => {
    const odd = { usual: 'NaN', temp2: 'Infinity', time1: 'then', seq: -1, recent: [['x', 1]] };
    const [item] = readAlertEvent(alertEvent({ ...odd, confidence: {}, historySize: [] }));

    assert.ok(item?.kind === 'anomaly');
    assert.equal(item.anomaly.temp, 91.4);
    assert.deepEqual([item.anomaly.usual, item.anomaly.seq, item.anomaly.recent], [null, null, []]);
  });

  it('whose gateway has an empty name have none', () => {
    const [item] = readAlertEvent(alertEvent({ gateway: '' }));

    assert.ok(item?.kind === 'anomaly');
    assert.equal(item.anomaly.gateway, null);
  });

  it('of years that storage keys cannot put in order are refused', () => {
    for (const time of ['0000-01-01T00:00:00+14:00', '9999-12-31T23:59:59-23:59']) {
      assert.match(reasons(alertEvent({ time })).join(), /time/, time);
    }
  });

  it('nested without end are refused, and lose nothing beside them', () => {
    const deep: unknown = JSON.parse(`${'['.repeat(50_000)}${']'.repeat(50_000)}`);

    const items = readAlertEvent([deep, { deep }, alertEvent()]);
    assert.deepEqual(
      items.map(({ kind }) => kind),
      ['refused', 'refused', 'anomaly'],
    );
  });

  it('never make reading throw, whatever they hold', () => {
    fc.assert(fc.property(fc.anything(), (event) => void readAlertEvent(event)));
    fc.assert(fc.property(fc.json(), (event) => void readAlertEvent(event)));
  });
});

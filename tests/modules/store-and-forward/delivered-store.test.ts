import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';
import fc from 'fast-check';
import {
  packMessages,
  unpackMessages,
} from '../../../modules/store-and-forward/src/delivered-block.ts';
import { DeliveredStore } from '../../../modules/store-and-forward/src/delivered-store.ts';
import { DELIVERED_SCHEMA } from '../../../modules/store-and-forward/src/delivered-tables.ts';

const kinds = ['ledger', 'upload'] as const;
const undamaged = () => assert.fail('no block is damaged');

/** Some of their ids look like the border between two readings. */
const readings = fc.record(
  {
    id: fc.constantFrom('Meter01', 'Meter02', 'x},{"id":"y', '},{'),
    time: fc.constantFrom('2026-06-01T11:00:00Z', '2026-06-01T12:00:00.500Z'),
    temp: fc.double({ min: -100, max: 200, noNaN: true }),
    seq: fc.nat(),
    more: fc.jsonValue({ maxDepth: 2 }),
  },
  { requiredKeys: ['id', 'time', 'temp'], noNullPrototype: true },
);

describe('what was delivered', () => {
  it('comes out of a block letter for letter, whatever readings carry', () => {
    fc.assert(
      fc.property(fc.array(fc.array(readings, { maxLength: 5 }), { maxLength: 4 }), (bodies) => {
        const period = { fromMs: 0, toMs: 1 };
        const messages = bodies.map((body, number) => ({
          messageId: `telemetry/${number}`,
          body: JSON.stringify(body),
          ...period,
        }));
        assert.deepEqual(
          unpackMessages('telemetry', packMessages('telemetry', messages)),
          messages,
        );
      }),
    );
  });

  it('is packed better after a restart too, whatever its kind', () => {
    const database = new Sqlite(':memory:');
    database.exec(DELIVERED_SCHEMA);
    const before = new DeliveredStore(database, undamaged);
    const body = JSON.stringify({ from: '2026-06-01T11:00:00Z', to: '2026-06-01T12:00:00Z' });
    for (const kind of kinds) {
      const entries = kind === 'upload' ? body : `[${body}]`;
      before.add({ kind, messageId: `${kind}/1`, body: entries }, 0);
    }
    before.close(0);
    const after = new DeliveredStore(database, undamaged);
    while (after.hasUnpacked) after.pack();
    const left = database.prepare('SELECT kind FROM delivered WHERE is_packed = 0').pluck().all();
    assert.deepEqual(left, []);
    const count = database.prepare('SELECT COUNT(*) FROM delivered').pluck().get();
    assert.equal(count, kinds.length);
    database.close();
  });

  it('tells how many messages a damaged block had, and leaves it out', () => {
    const database = new Sqlite(':memory:');
    database.exec(DELIVERED_SCHEMA);
    let damaged = 0;
    const store = new DeliveredStore(database, (messages) => (damaged += messages));
    for (const number of [1, 2, 3]) {
      const body = JSON.stringify([{ id: 'Meter01', time: '2026-06-01T11:00:00Z', temp: number }]);
      store.add({ kind: 'telemetry', messageId: `telemetry/${number}`, body }, 0);
      if (number > 1) store.close(0);
    }
    database.exec("UPDATE delivered SET content = x'00' WHERE row = 1");
    while (store.hasUnpacked) store.pack();

    assert.equal(damaged, 2);
    assert.equal(store.messages, 1);
    database.close();
  });
});

import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';

import { DeliveredStore } from '../../../modules/store-and-forward/src/delivered-store.ts';
import { DELIVERED_SCHEMA } from '../../../modules/store-and-forward/src/delivered-tables.ts';

const kinds = ['ledger', 'upload'] as const;
const undamaged = () => assert.fail('no block is damaged');

describe('what was delivered', () => {
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

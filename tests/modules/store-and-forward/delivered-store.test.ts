import assert from 'node:assert/strict';
import Sqlite from 'better-sqlite3';

import { DeliveredStore } from '../../../modules/store-and-forward/src/delivered-store.ts';
import { DELIVERED_SCHEMA } from '../../../modules/store-and-forward/src/delivered-tables.ts';

const kinds = ['ledger', 'upload'] as const;

describe('what was delivered', () => {
  it('is packed better after a restart too, whatever its kind', () => {
    const database = new Sqlite(':memory:');
    database.exec(DELIVERED_SCHEMA);
    const before = new DeliveredStore(database);
    const body = JSON.stringify({ from: '2026-06-01T11:00:00Z', to: '2026-06-01T12:00:00Z' });
    for (const kind of kinds) {
      const entries = kind === 'upload' ? body : `[${body}]`;
      before.add({ kind, messageId: `${kind}/1`, body: entries }, 0);
    }
    before.close(0);
    const after = new DeliveredStore(database);
    while (after.hasUnpacked) after.pack();
    const left = database.prepare('SELECT kind FROM delivered WHERE is_packed = 0').pluck().all();
    assert.deepEqual(left, []);
    const count = database.prepare('SELECT COUNT(*) FROM delivered').pluck().get();
    assert.equal(count, kinds.length);
    database.close();
  });
});

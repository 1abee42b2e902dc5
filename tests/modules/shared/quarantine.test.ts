import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../../modules/shared/src/database.ts';
import { DURABLE_SCHEMA } from '../../../modules/shared/src/durable-schema.ts';
import { Quarantine } from '../../../modules/shared/src/quarantine.ts';

describe('quarantine', () => {
  it('never holds more than its limit: the oldest entries make room', () => {
    const folder = mkdtempSync(join(tmpdir(), 'quarantine-'));
    const { database, close } = openDatabase(join(folder, 'q.db'), [DURABLE_SCHEMA]);
    const quarantine = new Quarantine(database, 3);
    for (const body of ['a', 'b', 'c', 'd', 'e']) {
      quarantine.add({ atMs: 0, input: 'in', sender: 'Meter01', reason: 'why', body });
    }

    assert.deepEqual(database.prepare('SELECT body FROM quarantine').pluck().all(), [
      'c',
      'd',
      'e',
    ]);
    close();
    rmSync(folder, { recursive: true });
  });
});

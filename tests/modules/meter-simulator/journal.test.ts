import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal, JOURNAL_SCHEMA } from '../../../modules/meter-simulator/src/journal.ts';
import { openDatabase, type OpenDatabase } from '../../../modules/shared/src/database.ts';

const MOST_BYTES = 2_000;

describe('journal', () => {
  let folder: string;
  let opened: OpenDatabase;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'journal-'));
    opened = openDatabase(join(folder, 'journal.db'), [JOURNAL_SCHEMA]);
  });

  afterEach(() => {
    opened.close();
    rmSync(folder, { recursive: true });
  });

  it('forgets the oldest past its limit, also after a restart', () => {
    let journal = new Journal(opened.database);
    for (let number = 1; number <= 100; number += 1) {
      const reading = { id: `m${number}`, time: '2026-06-01T12:00:00Z', temp: 70, seq: number };
      journal.add(number, { readings: [reading], injected: {} }, MOST_BYTES);
      assert.ok(journal.bytes <= MOST_BYTES);
      if (number === 50) journal = new Journal(opened.database);
    }
    const numbers = opened.database.prepare('SELECT first_number FROM journal').pluck().all();
    assert.ok(numbers.length > 10 && numbers.length < 50);
    assert.deepEqual(
      numbers,
      numbers.map((_, index) => 101 - numbers.length + index),
    );
  });
});

import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createLogger } from '../../../modules/shared/src/logger.ts';
import { openState } from '../../../modules/shared/src/module-state.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const log = createLogger('module-01', 'silent');

describe('the state of a module', function () {
  this.timeout(10_000);
  let folder: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'state-'));
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const path = () => join(folder, 'module.db');
  const open = () => openState(path(), { migrations: [] }, { clock: new FakeClock(), log });
  const takeAway = () => {
    for (const ending of ['', '-wal', '-shm']) rmSync(`${path()}${ending}`, { force: true });
  };

  it('tells of input that a database without its latest commits does not know', () => {
    const before = open();
    before.kept.write('counters', { received: 900 });
    before.mark.note({ received: 1_000, outboxRows: 0 });
    before.close();
    const after = open();

    assert.equal(after.ledger.takeNoted(), 100);
    after.close();
  });

  it('does not miss the input of a database that was taken away, whenever it is killed then', () => {
    const before = open();
    before.kept.write('counters', { received: 1_000 });
    before.mark.note({ received: 1_000, outboxRows: 0 });
    before.close();
    takeAway();
    const anew = open();
    // Committed; the mark is not written any more.
    anew.kept.write('counters', { received: 1 });
    anew.close();
    const after = open();

    assert.equal(after.ledger.entries, 0);
    after.close();
  });
});

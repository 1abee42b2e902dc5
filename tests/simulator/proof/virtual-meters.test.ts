import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Journal, JOURNAL_SCHEMA } from '../../../modules/meter-simulator/src/journal.ts';
import { openDatabase, type OpenDatabase } from '../../../modules/shared/src/database.ts';
import { DURABLE_SCHEMA } from '../../../modules/shared/src/durable-schema.ts';
import { Outbox } from '../../../modules/shared/src/outbox.ts';
import { readVirtualJournal } from '../../../simulator/proof/oracle/measured.ts';
import { waitForOutbox } from '../../../simulator/proof/virtual-meters.ts';
import { START_MS } from './measured-meters.ts';

const ID = 'gateway-Virtual01';
const OTHER = 'gateway-Virtual02';
const MOST_BYTES = 1_000_000;

describe('journal of virtual meters', () => {
  let folder: string;
  let path: string;
  let module: OpenDatabase;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'virtual-meters-'));
    path = join(folder, 'journal.db');
    module = openDatabase(path, [DURABLE_SCHEMA, JOURNAL_SCHEMA]);
  });

  afterEach(() => {
    module.close();
    rmSync(folder, { recursive: true });
  });

  it('is read by the oracle in order of seq, while the module has it open', () => {
    const journal = new Journal(module.database);
    const at = (seq: number) => new Date(START_MS + seq).toISOString();
    const reading = (id: string, seq: number, temp: number) => ({ id, time: at(seq), temp, seq });
    journal.add(
      1,
      { readings: [reading(ID, 3, 70), reading(OTHER, 7, 49.5)], injected: { 1: 'dip' } },
      MOST_BYTES,
    );
    journal.add(3, { readings: [reading(ID, 2, 70.5)], injected: {} }, MOST_BYTES);
    const measured = (seq: number, temp: number, injected: 'dip' | null = null) => ({
      seq,
      time: at(seq),
      atMs: START_MS + seq,
      temp,
      injected,
    });
    assert.deepEqual(readVirtualJournal(path), [
      { id: ID, isDirect: false, readings: [measured(2, 70.5), measured(3, 70)] },
      { id: OTHER, isDirect: false, readings: [measured(7, 49.5, 'dip')] },
    ]);
  });

  it('tells how many messages its module has sent and nobody acknowledged', async () => {
    const outbox = new Outbox(module.database);
    const message = { priority: 0, output: 'readings', messageId: 'm', properties: {}, body: '[]' };
    const waiting = { what: 'messages', patienceMs: 1_000, everyMs: 1 };
    const waits = waitForOutbox(path, waiting);
    outbox.append(message, START_MS);
    assert.equal(await waits, 1);
    outbox.append(message, START_MS);
    assert.equal(await waitForOutbox(path, waiting), 2);
    outbox.remove(outbox.peek(0, 0, 10));
    await assert.rejects(waitForOutbox(path, { ...waiting, patienceMs: 5 }), /not within/);
  });
});

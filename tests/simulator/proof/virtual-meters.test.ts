import assert from 'node:assert/strict';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  initialGeneratorState,
  type GeneratedReading,
} from '../../../modules/meter-simulator/src/core/reading-generator.ts';
import {
  JOURNAL_SCHEMA,
  VirtualJournal,
} from '../../../modules/meter-simulator/src/virtual-journal.ts';
import { openDatabase, type OpenDatabase } from '../../../modules/shared/src/database.ts';
import { DURABLE_SCHEMA } from '../../../modules/shared/src/durable-schema.ts';
import { Outbox } from '../../../modules/shared/src/outbox.ts';
import { readJournal } from '../../../simulator/proof/oracle/measured.ts';
import { waitForOutbox } from '../../../simulator/proof/virtual-meters.ts';
import { START_MS } from './measured-meters.ts';

const ID = 'gateway-Virtual01';

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

  it('is read by the oracle like that of the other meters, while the module has it open', () => {
    const state = initialGeneratorState({ id: ID, seed: 1 });
    const reading: GeneratedReading = { tempF: 49.5, injected: 'dip', state };
    const time = new Date(START_MS).toISOString();
    const journal = new VirtualJournal(module.database);
    journal.append({ id: ID, nextSeq: 1_000, generator: state }, time, reading);
    assert.deepEqual(readJournal(path), [
      {
        id: ID,
        isDirect: false,
        readings: [{ seq: 1_000, time, atMs: START_MS, temp: 49.5, injected: 'dip' }],
      },
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

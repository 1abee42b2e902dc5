/** The meter simulator as a real process, killed again and again. */
import assert from 'node:assert/strict';
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import type { Reading } from '../../../modules/shared/src/wire-contract.ts';
import { readVirtualJournal } from '../../../simulator/proof/oracle/measured.ts';
import { eventually } from '../../support/eventually.ts';
import { ModuleProcess } from '../../support/module-process.ts';
import { StubEdgeHub } from '../../support/stub-edge-hub.ts';

const KILLS = 2;

describe('meter simulator that is killed again and again', function () {
  this.timeout(60_000);
  let hub: StubEdgeHub;
  let folder: string;
  let module: ModuleProcess;

  beforeEach(async () => {
    hub = await StubEdgeHub.start();
    folder = mkdtempSync(join(tmpdir(), 'killed-simulator-'));
  });

  afterEach(async () => {
    await module.end('SIGKILL');
    await hub.stop();
    rmSync(folder, { recursive: true });
  });

  const database = () => new Sqlite(join(folder, 'journal.db'), { readonly: true });

  /** Everything that was committed to be sent: what edgeHub got, and what lies in the outbox. */
  function committed(): Reading[] {
    const bodies = new Map(hub.published.map(({ messageId, body }) => [messageId, body]));
    const opened = database();
    const rows = opened.prepare('SELECT message_id AS messageId, body FROM outbox').all();
    opened.close();
    for (const { messageId, body } of rows as { messageId: string; body: string }[]) {
      const known = bodies.get(messageId);
      assert.ok(known === undefined || known === body, 'two messages of one id');
      bodies.set(messageId, body);
    }
    return [...bodies.values()].flatMap((body) => JSON.parse(body) as Reading[]);
  }

  /** Lines in the file, and those that are still on their way there. */
  function repeatsInTruth(): number {
    const path = join(folder, 'ground-truth.csv');
    const written = existsSync(path) ? readFileSync(path, 'utf8').split('\n') : [];
    const lines = new Map(written.map((line) => [line.split(',')[0], line]));
    const opened = database();
    const rows = opened.prepare('SELECT number, line FROM truth').all();
    opened.close();
    for (const { number, line } of rows as { number: number; line: string }[]) {
      lines.set(String(number), `${number},${line}`);
    }
    return [...lines.values()].filter((line) => line.includes(',repeat,')).length;
  }

  it('uses no number twice, and sends what journal and ground truth say, no more and no less', async () => {
    hub.desired = {
      virtualMeters: 1_200,
      intervalSeconds: 1,
      latePercent: 10,
      repeatPercent: 10,
      lateSeconds: 1,
      $version: 1,
    };
    for (let kill = 0; kill <= KILLS; kill += 1) {
      const before = hub.published.length;
      module = ModuleProcess.start('meter-simulator', { ...hub.environment, STATE_FOLDER: folder });
      await eventually(() => assert.ok(hub.published.length > before + 6, module.output), 15_000);
      await module.end('SIGKILL');
    }

    const all = committed();
    const journal = readVirtualJournal(join(folder, 'journal.db')).flatMap(({ id, readings }) =>
      readings.map(({ seq, time, temp }) => JSON.stringify({ id, time, temp, seq })),
    );
    const sent = all.map((reading) => JSON.stringify(reading));
    assert.deepEqual([...new Set(sent)].toSorted(), journal.toSorted());
    assert.equal(new Set(all.map(({ id, seq }) => `${id} ${seq}`)).size, journal.length);
    assert.equal(sent.length - journal.length, repeatsInTruth());
    assert.ok(repeatsInTruth() > 0);
  });
});

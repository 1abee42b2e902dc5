/** Modules as real processes whose disk is full for a while. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import Sqlite from 'better-sqlite3';
import { eventually } from '../support/eventually.ts';
import { ModuleProcess } from '../support/module-process.ts';
import { StubEdgeHub } from '../support/stub-edge-hub.ts';

const READINGS = 2_000;
const reading = (seq: number) => ({
  id: `Meter${seq % 400}`,
  time: new Date(Date.parse('2026-06-01T11:00:00Z') + seq * 1_000).toISOString(),
  temp: 70,
  seq: Math.floor(seq / 400),
});

/** Stands for a full disk: no file of the process may grow beyond so many bytes. */
function limitFiles(pid: number, bytes: number | 'unlimited'): void {
  execFileSync('prlimit', ['--pid', String(pid), `--fsize=${bytes}:unlimited`]);
}

describe('a module whose disk is full', function () {
  this.timeout(30_000);
  let hub: StubEdgeHub;
  let folder: string;
  let module: ModuleProcess;

  beforeEach(async () => {
    hub = await StubEdgeHub.start();
    folder = mkdtempSync(join(tmpdir(), 'full-disk-'));
    module = ModuleProcess.start('averager', { ...hub.environment, STATE_FOLDER: folder });
    await eventually(() => assert.ok(hub.isConnected, module.output), 10_000);
  });

  afterEach(async () => {
    await module.end('SIGKILL');
    await hub.stop();
    rmSync(folder, { recursive: true });
  });

  it('acknowledges nothing it could not commit, and goes on by itself when there is room', async () => {
    limitFiles(module.pid, 65_536);
    for (let seq = 0; seq < READINGS; seq += 1) hub.input('readings', reading(seq));
    await eventually(() => assert.match(module.output, /the database failed/), 10_000);
    await eventually(() => assert.match(module.output, /starts again/), 10_000);
    assert.ok(hub.unacknowledged > 0, 'the disk was not full');

    limitFiles(module.pid, 'unlimited');
    await eventually(() => assert.equal(hub.unacknowledged, 0, module.output), 20_000);
    assert.equal(await module.end('SIGTERM'), 0);
    const database = new Sqlite(join(folder, 'averager.db'), { readonly: true });
    const counters: unknown = database
      .prepare("SELECT value FROM kept WHERE name = 'counters'")
      .pluck()
      .get();
    database.close();
    const { received, repeats } = JSON.parse(String(counters)) as Record<string, number>;
    assert.equal(Number(received) - Number(repeats), READINGS);
  });
});

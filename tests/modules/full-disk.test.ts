/** A disk without room, as the operating system tells of it: a limit on what a process may write. */
import assert from 'node:assert/strict';
import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { openDatabase } from '../../modules/shared/src/database.ts';
import { EdgeError } from '../../modules/shared/src/edge-error.ts';
import type { Reading } from '../../modules/shared/src/wire-contract.ts';
import { eventually } from '../support/eventually.ts';
import { ModuleProcess } from '../support/module-process.ts';
import { StubEdgeHub } from '../support/stub-edge-hub.ts';

describe('a module whose disk is full', function () {
  this.timeout(60_000);
  let hub: StubEdgeHub;
  let folder: string;
  let module: ModuleProcess;

  before(async () => {
    hub = await StubEdgeHub.start();
    folder = mkdtempSync(join(tmpdir(), 'full-disk-'));
  });

  after(async () => {
    await module.end('SIGKILL');
    await hub.stop();
    rmSync(folder, { recursive: true });
  });

  /** Bytes up to which the module may write any file. */
  const limitFiles = (bytes: string) =>
    execFileSync('prlimit', ['--pid', String(module.pid), `--fsize=${bytes}:`]);
  let seq = 0;
  const offer = (readings: number) => {
    for (let index = 0; index < readings; index += 1) {
      seq += 1;
      const time = new Date(Date.now() - 3_600_000 + seq * 1_000).toISOString();
      hub.input('telemetry', { id: 'Meter01', time, temp: 70, seq });
    }
  };

  it('acknowledges nothing that is not on disk, runs on, and goes on by itself when there is room', async () => {
    hub.desired = { maxMessageBytes: 258_048, maxDelaySeconds: 1, $version: 1 };
    module = ModuleProcess.start('store-and-forward', {
      ...hub.environment,
      STATE_FOLDER: folder,
    });
    offer(100);
    await eventually(() => assert.equal(hub.unacknowledged, 0, module.output), 20_000);

    limitFiles('1');
    offer(100);
    await eventually(() => {
      assert.match(
        module.output,
        /store-and-forward\.db cannot be written: .*Make room on its disk/,
      );
    }, 20_000);
    assert.equal(hub.unacknowledged, 100);

    limitFiles('unlimited');
    await eventually(() => assert.equal(hub.unacknowledged, 0, module.output), 20_000);
    await eventually(() => {
      const forwarded = new Set(
        hub.published
          .filter(({ properties }) => properties['kind'] === 'telemetry')
          .flatMap(({ body }) => JSON.parse(body) as Reading[])
          .map((reading) => reading.seq),
      );
      assert.equal(forwarded.size, 200);
    }, 20_000);
    assert.equal(await module.end('SIGTERM'), 0);
    assert.equal(module.output.match(/"started"/g)?.length, 2);
  });
});

describe('a database that may not be written', () => {
  it('is said to be so, with its place and what to do', () => {
    const folder = mkdtempSync(join(tmpdir(), 'read-only-'));
    const path = join(folder, 'module.db');
    openDatabase(path, []).close();
    chmodSync(path, 0o444);
    chmodSync(folder, 0o555);
    const isRoot = process.geteuid?.() === 0;
    try {
      // Nothing is read-only for root.
      if (isRoot) process.seteuid?.(65_534);
      for (const one of [path, join(folder, 'deeper', 'module.db')]) {
        assert.throws(
          () => openDatabase(one, []),
          (error) =>
            error instanceof EdgeError &&
            error.code === 'DATABASE_UNAVAILABLE' &&
            /module\.db cannot be written: .*let this user write there/.test(error.message),
        );
      }
    } finally {
      if (isRoot) process.seteuid?.(0);
      chmodSync(folder, 0o755);
      rmSync(folder, { recursive: true });
    }
  });
});

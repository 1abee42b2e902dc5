import assert from 'node:assert/strict';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import {
  StartFailedError,
  SupervisedProcess,
} from '../../../simulator/supervisor/child-process.ts';
import { eventually } from '../../support/eventually.ts';

const READY = "process.send({ state: 'ready' });";

describe('supervised process', function () {
  this.timeout(15_000);
  let logs: string;
  const started: SupervisedProcess[] = [];
  beforeEach(() => (logs = mkdtempSync(join(tmpdir(), 'supervised-'))));
  afterEach(async () => {
    await Promise.all(started.splice(0).map((child) => child.stop()));
    rmSync(logs, { recursive: true, force: true });
  });

  const run = (script: string) => {
    const child = new SupervisedProcess({ name: 'child', args: ['-e', script] }, logs, 10_000);
    started.push(child);
    return child;
  };

  it('has started when it says so', async () => {
    const child = run(`${READY} process.on('disconnect', process.exit);`);

    await child.start();

    assert.ok(child.pid !== undefined);
  });

  it('fails to start with the reason it gives', async () => {
    const child = run(
      "process.send({ state: 'failed', message: 'no such hub' }, () => process.exit(1));",
    );

    await assert.rejects(child.start(), (error) => {
      assert.ok(error instanceof StartFailedError);
      assert.equal(error.message, 'child: no such hub');
      return true;
    });
  });

  it('fails to start when it dies without a word, and its log is named', async () => {
    await assert.rejects(run('process.exit(3)').start(), /ended while starting; see .*child\.log/);
  });

  it('runs again after a SIGKILL', async () => {
    const child = run(`${READY} setInterval(() => {}, 1000);`);
    await child.start();
    const firstPid = child.pid;

    child.kill();

    await eventually(() => assert.ok(child.pid !== undefined && child.pid !== firstPid));
    assert.equal(child.restarts, 1);
  });

  it('stays down while it is held, and runs at once when it is released', async () => {
    const child = run(`${READY} setInterval(() => {}, 1000);`);
    await child.start();
    child.hold();
    child.kill();
    await eventually(() => assert.equal(child.pid, undefined));
    assert.equal(child.restarts, 0);

    child.release();

    assert.ok(child.pid !== undefined);
    assert.equal(child.restarts, 1);
  });

  it('stays down once stopped, even when it ignores SIGTERM until it has finished', async () => {
    const child = run(
      `process.on('SIGTERM', () => { console.log('last words'); process.exit(0); }); setInterval(() => {}, 1000); ${READY}`,
    );
    await child.start();
    const { pid } = child;
    assert.ok(pid !== undefined);

    await child.stop();

    assert.throws(() => process.kill(pid, 0), /ESRCH/);
    await eventually(() =>
      assert.match(readFileSync(join(logs, 'child.log'), 'utf8'), /last words/),
    );
  });
});

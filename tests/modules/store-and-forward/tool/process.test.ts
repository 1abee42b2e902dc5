/** The tool as people run it: a process beside a module that runs. */
import assert from 'node:assert/strict';
import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../../../support/eventually.ts';
import { ModuleProcess } from '../../../support/module-process.ts';
import { PROJECT_FOLDER } from '../../../support/project-folder.ts';
import { StubEdgeHub } from '../../../support/stub-edge-hub.ts';

const READINGS = 2_000;

const reading = (seq: number) => ({ id: 'Meter01', time: '2026-06-01T00:00:00Z', temp: 70, seq });

describe('the store’s tool beside a running module', function () {
  this.timeout(45_000);
  let hub: StubEdgeHub;
  let folder: string;
  let module: ModuleProcess;

  before(async () => {
    hub = await StubEdgeHub.start();
    folder = mkdtempSync(join(tmpdir(), 'store-process-'));
    hub.withholdsAcknowledgements = true;
    hub.input(
      'telemetry',
      Array.from({ length: READINGS }, (_, seq) => reading(seq)),
    );
    module = ModuleProcess.start('store-and-forward', {
      ...hub.environment,
      STATE_FOLDER: folder,
    });
    await eventually(() => assert.equal(hub.unacknowledged, 0, module.output), 30_000);
  });

  after(async () => {
    await module.end('SIGKILL');
    await hub.stop();
    rmSync(folder, { recursive: true });
  });

  function run(command: string) {
    return spawnSync(command, {
      cwd: PROJECT_FOLDER,
      shell: true,
      encoding: 'utf8',
      env: { PATH: process.env['PATH'], STATE_FOLDER: folder },
    });
  }

  const TOOL = `${process.execPath} --import tsx modules/store-and-forward/src/tool/main.ts`;

  it('reads what waits, and shows no secret', () => {
    const { status, stdout, stderr } = run(`${TOOL} inspect`);

    assert.equal(status, 0, stderr);
    assert.match(stdout, /store-and-forward\.db {2}running/);
    assert.match(stdout, /accepted +2,000/);
    assert.doesNotMatch(stdout, /SharedAccess|c2VjcmV0|sig=/);
  });

  it('ends quietly when its reader has seen enough', () => {
    const { stdout, stderr } = run(`${TOOL} export | head -n 2`);

    assert.match(stdout, /^id,time,temp,seq\r\nMeter01,/);
    assert.doesNotMatch(stderr, /EPIPE|Error/);
  });

  it('leaves the module as it was', async () => {
    assert.equal(run(`${TOOL} check`).status, 0);
    hub.input('telemetry', reading(READINGS));

    await eventually(() => assert.equal(hub.unacknowledged, 0, module.output));
    assert.match(run(`${TOOL} inspect`).stdout, /accepted +2,001/);
  });
});

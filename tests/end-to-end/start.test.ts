import assert from 'node:assert/strict';
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import { once } from 'node:events';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { eventually } from '../support/eventually.ts';
import { npmStart, type StartedCommand } from '../support/npm-start.ts';

describe('npm start', function () {
  this.timeout(90_000);
  let folder: string;
  let state: string;
  let running: StartedCommand[] = [];
  const start = (...args: string[]) => {
    const command = npmStart('--state', state, ...args);
    running.push(command);
    return command;
  };

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'npm-start-'));
    state = join(folder, 'state');
  });
  afterEach(async () => {
    for (const { child } of running) child.kill('SIGTERM');
    await Promise.all(running.map((command) => command.ended()));
    running = [];
    rmSync(folder, { recursive: true, force: true });
  });

  it('shows averages and a mail, stops on Ctrl-C, goes on the next time, and leaves no process then nor when it is killed', async () => {
    const first = start('--free-ports', '--history', '90');
    await first.says(/first averages on the dashboard/);
    await first.says(/first mail: Alert at (gateway|meters without a gateway)/);
    const pids = descendants(first.child.pid ?? 0);
    assert.ok(pids.length >= 14, `only ${pids.length} processes`);

    first.child.kill('SIGINT');

    assert.equal(await first.ended(), 0);
    assert.deepEqual(pids.filter(isRunning), []);

    const second = start('--free-ports');
    await second.says(/Ctrl-C stops everything/);
    await second.says(/first mail/);
    const secondPids = descendants(second.child.pid ?? 0);
    assert.ok(secondPids.length >= 14, `only ${secondPids.length} processes`);

    second.child.kill('SIGKILL');
    await second.ended();

    await gone(secondPids);
  });

  it('prints every option with --help', async () => {
    const command = start('--help');

    assert.equal(await command.ended(), 0);
    assert.match(command.output(), /--port NAME=NUMBER/);
  });

  it('names an occupied port and the option that changes it', async () => {
    const server = createServer().listen(0, '127.0.0.1');
    await once(server, 'listening');
    const address = server.address();
    assert.ok(typeof address === 'object' && address !== null);

    const command = start('--port', `dashboard=${address.port}`);

    assert.equal(await command.ended(), 1);
    assert.match(command.output(), new RegExp(`Port ${address.port} \\(dashboard\\) is in use`));
    server.close();
  });

  it('names the place of an error in the manifest before anything is touched', async () => {
    const manifest = join(folder, 'manifest.json');
    writeFileSync(manifest, '{ "modulesContent": { "$edgeAgent": 7 } }');

    const command = start('--free-ports', '--manifest', manifest);

    assert.equal(await command.ended(), 1);
    assert.match(command.output(), /manifest\.json/);
    assert.match(command.output(), /modulesContent/);
    assert.ok(!readdirSync(folder).includes('state'));
  });

  it('names a damaged database and the way out', async () => {
    mkdirSync(join(state, 'azure'), { recursive: true });
    writeFileSync(join(state, '.iot-end-to-end'), '');
    writeFileSync(join(state, 'azure', 'event-hubs.db'), 'not a database, '.repeat(1_000));

    const command = start('--free-ports', '--meters', '0', '--direct', '0');

    assert.equal(await command.ended(), 1);
    assert.match(command.output(), /event-hubs\.db cannot be used/);
    assert.match(command.output(), /--fresh/);
  });
});

/** Process ids below `root`, from /proc; the modules are found by the supervisor's pid they carry. */
function descendants(root: number): number[] {
  return readdirSync('/proc')
    .filter((name) => /^\d+$/.test(name))
    .map(Number)
    .filter((pid) => environmentOf(pid).includes(`SUPERVISOR_PID=${root}`));
}

function environmentOf(pid: number): string[] {
  try {
    return readFileSync(`/proc/${pid}/environ`, 'utf8').split('\0');
  } catch {
    return [];
  }
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

async function gone(pids: readonly number[]): Promise<void> {
  await eventually(() => assert.deepEqual(pids.filter(isRunning), []), 15_000);
}

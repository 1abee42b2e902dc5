import assert from 'node:assert/strict';
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pino } from 'pino';
import { checkHealth } from '../../../modules/shared/src/health-check.ts';
import {
  machineUptimeMs,
  processStart,
  readHealth,
  startHeartbeat,
} from '../../../modules/shared/src/heartbeat.ts';
import { FakeClock } from '../../support/fake-clock.ts';

const log = pino({ level: 'silent' });

/** What a process leaves behind. */
const signOf = (pid: number, atMs: number) => `${pid} ${processStart(pid)} ${atMs}\n`;

describe('heartbeat', () => {
  let folder: string;
  let file: string;

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'heartbeat-'));
    file = join(folder, 'heartbeat');
  });
  afterEach(() => rmSync(folder, { recursive: true }));

  const silentFor = (ms: number) =>
    writeFileSync(file, signOf(process.pid, machineUptimeMs() - ms));

  it('is there from the start, and again and again while the clock goes on', async () => {
    const clock = new FakeClock();
    const heartbeat = startHeartbeat(file, { clock, log });
    assert.equal(readHealth(file).state, 'healthy');
    rmSync(file);

    await clock.advance(10_000);
    assert.equal(readHealth(file).state, 'healthy');
    rmSync(file);

    heartbeat.stop();
    await clock.advance(60_000);
    assert.ok(!existsSync(file));
  });

  it('never shows a module stuck that opens its database, and is there right after', () => {
    const heartbeat = startHeartbeat(file, { clock: new FakeClock(), log });
    const anHourLater = () => readHealth(file, machineUptimeMs() + 3_600_000).state;

    assert.equal(anHourLater(), 'stuck');
    assert.equal(heartbeat.opening(anHourLater), 'starting');
    assert.equal(readHealth(file).state, 'healthy');
    assert.throws(() =>
      heartbeat.opening(() => {
        throw new Error('no room');
      }),
    );
    assert.equal(readHealth(file).state, 'healthy');
  });

  it('says nothing once its process has ended, also when another has the id', () => {
    const start = Number(processStart(process.pid));
    writeFileSync(file, `${process.pid} ${start} ${machineUptimeMs() - 400_000}\n`);
    assert.equal(readHealth(file).state, 'stuck');
    writeFileSync(file, `${process.pid} ${start - 1} ${machineUptimeMs() - 400_000}\n`);
    assert.deepEqual(readHealth(file), { state: 'starting' });
  });

  it('does not stop the work when it cannot be written', async () => {
    const clock = new FakeClock();
    const warnings: unknown[] = [];
    const noting = pino({}, { write: (line) => warnings.push(JSON.parse(line)) });

    startHeartbeat(join(folder, 'nowhere', 'heartbeat'), { clock, log: noting });
    await clock.advance(60_000);

    assert.equal(warnings.length, 1);
  });

  it('tells nothing before the first and from before the last start of the machine', () => {
    assert.deepEqual(readHealth(file), { state: 'starting' });
    writeFileSync(file, 'half of a li');
    assert.deepEqual(readHealth(file), { state: 'starting' });
    silentFor(-5_000);
    assert.deepEqual(readHealth(file), { state: 'starting' });
  });

  it('shows a module stuck after a minute, and to be ended after five', () => {
    writeFileSync(file, signOf(process.pid, 1_000_000));

    assert.deepEqual(readHealth(file, 1_060_000), { state: 'healthy' });
    assert.deepEqual(readHealth(file, 1_060_001), {
      state: 'stuck',
      silentMs: 60_001,
      endPid: undefined,
    });
    assert.deepEqual(readHealth(file, 1_300_001), {
      state: 'stuck',
      silentMs: 300_001,
      endPid: process.pid,
    });
  });
});

describe('health check of a container', function () {
  this.timeout(10_000);
  let folder: string;
  let file: string;
  let child: ChildProcess | undefined;
  let said: string[];

  beforeEach(() => {
    folder = mkdtempSync(join(tmpdir(), 'health-'));
    file = join(folder, 'heartbeat');
    said = [];
  });
  afterEach(() => {
    child?.kill('SIGKILL');
    rmSync(folder, { recursive: true });
  });

  const exitCode = (path: string | undefined) => checkHealth(path, (finding) => said.push(finding));

  it('passes with a fresh sign of life only', () => {
    assert.equal(exitCode(undefined), 1);
    assert.equal(exitCode(file), 1);
    writeFileSync(file, signOf(process.pid, machineUptimeMs()));
    assert.equal(exitCode(file), 0);
    writeFileSync(file, signOf(process.pid, machineUptimeMs() - 61_000));
    assert.equal(exitCode(file), 1);
    assert.deepEqual(said, [
      'HEARTBEAT_FILE is not set\n',
      'not started yet\n',
      'healthy\n',
      'no sign of life for 61 s\n',
    ]);
  });

  it('ends a module that has been stuck for five minutes, even one that is stopped', async () => {
    child = spawn(process.execPath, ['-e', 'setInterval(() => {}, 1000)'], { stdio: 'ignore' });
    await once(child, 'spawn');
    child.kill('SIGSTOP');
    writeFileSync(file, signOf(child.pid ?? 0, machineUptimeMs() - 301_000));
    const exited = once(child, 'exit');

    assert.equal(exitCode(file), 1);

    assert.deepEqual(await exited, [null, 'SIGKILL']);
    assert.deepEqual(said, ['no sign of life for 301 s: ended\n']);
    assert.equal(exitCode(file), 1);
    assert.equal(said.at(-1), 'not started yet\n');
  });
});

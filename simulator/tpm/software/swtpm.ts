/**
 * A TPM 2.0 in software: the program swtpm, as a child process.
 *
 * Invariants: its state is kept in a folder, so that it is the same TPM after a restart; it ends when
 * this process does, by whatever death.
 */
import { spawn, spawnSync, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { mkdirSync, mkdtempSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { oneAtATime, TpmError, type TpmConnection } from '../tpm-connection.ts';

const START_DEADLINE_MS = 10_000;
const POLL_MS = 10;
/** A response begins with tag and length. */
const RESPONSE_HEADER_BYTES = 6;

/** A running one. */
export interface SoftwareTpm extends TpmConnection {
  /** Resolves when it is gone, asked to or not. */
  readonly ended: Promise<void>;
}

/** Whether the program is installed. */
export function hasSwtpm(): boolean {
  return spawnSync('swtpm', ['--version'], { stdio: 'ignore' }).error === undefined;
}

/**
 * Starts the software TPM whose state is in `stateFolder`.
 *
 * @throws TpmError TPM_ABSENT when swtpm is not installed or does not start
 */
export async function startSwtpm(stateFolder: string): Promise<SoftwareTpm> {
  mkdirSync(stateFolder, { recursive: true, mode: 0o700 });
  // Apart from the state: the path of a socket has at most 107 bytes.
  const socketFolder = mkdtempSync(join(tmpdir(), 'tpm-'));
  const path = join(socketFolder, 'data');
  const child = spawn('swtpm', arguments_(stateFolder, socketFolder), { stdio: 'ignore' });
  try {
    const socket = await firstConnection(child, path);
    return connectionOf(child, socket, socketFolder);
  } catch (error) {
    child.kill('SIGKILL');
    rmSync(socketFolder, { recursive: true, force: true });
    throw error;
  }
}

/** `--terminate`: it ends when its one client is gone. Source: swtpm(8). */
function arguments_(stateFolder: string, socketFolder: string): string[] {
  const options = {
    '--tpmstate': `dir=${stateFolder},mode=0600`,
    '--server': `type=unixio,path=${join(socketFolder, 'data')},mode=0600`,
    '--ctrl': `type=unixio,path=${join(socketFolder, 'control')},mode=0600`,
    '--flags': 'not-need-init,startup-clear',
  };
  return ['socket', '--tpm2', '--terminate', ...Object.entries(options).flat()];
}

async function firstConnection(child: ChildProcess, path: string): Promise<Socket> {
  const ended = new AbortController();
  child.once('error', () => ended.abort(absent()));
  child.once('exit', (code) => ended.abort(died(code)));
  const deadlineMs = performance.now() + START_DEADLINE_MS;
  while (performance.now() < deadlineMs) {
    ended.signal.throwIfAborted();
    const socket = connect(path);
    try {
      await once(socket, 'connect', { signal: ended.signal });
      return socket;
    } catch {
      socket.destroy();
      await delay(POLL_MS);
    }
  }
  throw died(null);
}

function connectionOf(child: ChildProcess, socket: Socket, socketFolder: string): SoftwareTpm {
  const inTurn = oneAtATime();
  const ended = new Promise<void>((resolve) => socket.once('close', () => resolve()));
  // What went wrong is told by 'close', which always follows.
  socket.on('error', () => undefined);
  return {
    ended,
    command: (bytes) => inTurn(() => exchange(socket, bytes)),
    close: async () => {
      socket.destroy();
      if (child.exitCode === null && child.signalCode === null) {
        const exit = once(child, 'exit');
        child.kill('SIGTERM');
        await exit;
      }
      rmSync(socketFolder, { recursive: true, force: true });
    },
  };
}

function exchange(socket: Socket, command: Buffer): Promise<Buffer> {
  return new Promise((resolve, reject) => {
    let received = Buffer.alloc(0);
    const end = (response?: Buffer) => {
      socket.off('data', onData).off('close', onClose);
      if (response !== undefined) return resolve(response);
      reject(new TpmError('TPM_LOST', 'The software TPM ended in the middle of a command.'));
    };
    const onClose = () => end();
    const onData = (chunk: Buffer) => {
      received = Buffer.concat([received, chunk]);
      if (received.length < RESPONSE_HEADER_BYTES) return;
      if (received.length >= received.readUInt32BE(2)) end(received);
    };
    if (socket.destroyed) return end();
    socket.on('data', onData).on('close', onClose);
    socket.write(command);
  });
}

function absent(): TpmError {
  const message = 'The program swtpm is missing: install it, on Debian with: apt install swtpm';
  return new TpmError('TPM_ABSENT', message);
}

function died(code: number | null): TpmError {
  const how = code === null ? 'did not start in time' : `ended with exit code ${code}`;
  const remedy = 'Forget the local state, its TPM included, with: npm start -- --fresh --tpm';
  return new TpmError('TPM_ABSENT', `The software TPM ${how}. ${remedy}`);
}

/**
 * Azurite for one test file: Blob and Table in memory, in a process of their own.
 *
 * The real storage emulator, because stores are tested against what they run against.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createRequire } from 'node:module';
import { connect } from 'node:net';
import { join } from 'node:path';
import type { Settings } from '../../simulator/wire/settings.ts';
import { eventually } from './eventually.ts';

const STARTS_WITHIN_MS = 30_000;

export interface Azurite {
  stop(): Promise<void>;
}

/**
 * Starts Azurite on the ports and with the key of `settings`. Its state ends with it, unless it is
 * `durable`: then the next one on the same state folder goes on with it.
 */
export async function startAzurite(settings: Settings, { durable = false } = {}): Promise<Azurite> {
  const { blob, queue, table } = settings.ports;
  const script = createRequire(new URL('../../simulator/package.json', import.meta.url)).resolve(
    'azurite/dist/src/azurite.js',
  );
  const ports = ['--blobPort', `${blob}`, '--queuePort', `${queue}`, '--tablePort', `${table}`];
  const child = spawn(
    process.execPath,
    [
      script,
      ...ports,
      ...(durable
        ? ['--location', join(settings.stateFolder, 'azurite')]
        : ['--inMemoryPersistence']),
      '--skipApiVersionCheck',
      '--disableTelemetry',
      '--silent',
    ],
    {
      env: { ...process.env, AZURITE_ACCOUNTS: `devstoreaccount1:${settings.secrets.storageKey}` },
      stdio: 'ignore',
    },
  );
  await Promise.all([blob, table].map((port) => reachable(child, port)));
  // Azurite writes its state when it is asked to end.
  return { stop: () => stop(child, durable ? 'SIGTERM' : 'SIGKILL') };
}

async function reachable(child: ChildProcess, port: number): Promise<void> {
  await eventually(async () => {
    if (child.exitCode !== null) throw new Error(`Azurite ended with code ${child.exitCode}`);
    const socket = connect(port, '127.0.0.1');
    try {
      await once(socket, 'connect');
    } finally {
      socket.destroy();
    }
  }, STARTS_WITHIN_MS);
}

async function stop(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const ended = once(child, 'exit');
  child.kill(signal);
  await ended;
}

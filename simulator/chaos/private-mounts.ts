/**
 * Runs this very command again where it may mount file systems that nobody else sees.
 *
 * As root that takes a mount namespace, otherwise a user namespace as well; where the system allows
 * neither, the run goes on without full disks and says so.
 */
import { spawn, spawnSync } from 'node:child_process';

const END_SIGNALS = ['SIGINT', 'SIGTERM', 'SIGHUP'] as const;

/** Words that lead a command into namespaces of its own; undefined when the system allows none. */
export function privateMounts(): readonly string[] | undefined {
  const isRoot = process.getuid?.() === 0;
  const command = ['unshare', ...(isRoot ? [] : ['--user', '--map-root-user']), '--mount'];
  const trial = [...command, 'mount', '-t', 'tmpfs', 'iot-chaos', '/tmp'];
  return run(trial) ? command : undefined;
}

function run([file = '', ...words]: readonly string[]): boolean {
  return spawnSync(file, words, { stdio: 'ignore' }).status === 0;
}

/**
 * Runs `script` with this process's options behind `words`, and resolves with its exit code.
 *
 * Signals are passed on, and the channel tells the inner process when this one is gone.
 */
export function runAgain(
  [file = '', ...words]: readonly string[],
  script: string,
  environment: Readonly<Record<string, string | undefined>>,
): Promise<number> {
  const command = [...words, process.execPath, script, ...process.argv.slice(2)];
  const child = spawn(file, command, {
    env: environment,
    stdio: ['inherit', 'inherit', 'inherit', 'ipc'],
  });
  for (const signal of END_SIGNALS) process.on(signal, () => child.kill(signal));
  return new Promise((resolve, reject) => {
    child.once('error', reject);
    child.once('exit', (code) => resolve(code ?? 1));
  });
}

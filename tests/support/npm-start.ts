/** `npm start` as a user runs it: a process whose terminal is read. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { PROJECT_FOLDER } from './project-folder.ts';

export interface StartedCommand {
  readonly child: ChildProcess;
  /** Everything printed so far, stdout and stderr. */
  output(): string;
  /** Resolves when the text appears; rejects with the output when the process ends before. */
  says(text: RegExp): Promise<void>;
  /** Exit code. */
  ended(): Promise<number | null>;
}

/** Runs scripts/start.mjs with the arguments given. */
export function npmStart(...args: readonly string[]): StartedCommand {
  const child = spawn(process.execPath, [join(PROJECT_FOLDER, 'scripts/start.mjs'), ...args], {
    cwd: PROJECT_FOLDER,
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const exit = once(child, 'exit').then(() => child.exitCode);
  let output = '';
  let listeners: (() => void)[] = [];
  const hear = (chunk: Buffer) => {
    output += chunk.toString();
    for (const listener of listeners) listener();
  };
  child.stdout.on('data', hear);
  child.stderr.on('data', hear);
  return {
    child,
    output: () => output,
    says: (text) =>
      new Promise((resolve, reject) => {
        const look = () => {
          if (text.test(output)) resolve();
        };
        listeners = [...listeners, look];
        look();
        void exit.then(() => reject(new Error(`ended without saying ${String(text)}:\n${output}`)));
      }),
    ended: () => exit,
  };
}

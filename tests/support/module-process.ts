/** A module as a real process, as edgeAgent would start it. */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { PROJECT_FOLDER } from './project-folder.ts';
import { compiled } from './compiled.ts';

export class ModuleProcess {
  readonly #child: ChildProcess;
  #output = '';

  private constructor(child: ChildProcess) {
    this.#child = child;
    child.stdout?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
    child.stderr?.on('data', (chunk: Buffer) => (this.#output += chunk.toString()));
  }

  /** Starts the compiled `modules/<folder>/src/main.ts` with an environment of its own. */
  static start(folder: string, environment: Record<string, string>): ModuleProcess {
    const command = [process.execPath, compiled(`modules/${folder}/src/main.ts`)];
    return ModuleProcess.run(command, { folder: PROJECT_FOLDER, environment });
  }

  /** Starts any command that runs a module. */
  static run(
    [file = '', ...words]: readonly string[],
    { folder, environment }: { folder: string; environment: Record<string, string> },
  ): ModuleProcess {
    const child = spawn(file, words, {
      cwd: folder,
      env: { PATH: process.env['PATH'], LOG_LEVEL: 'info', ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    return new ModuleProcess(child);
  }

  /** Process id; 0 when it could not be started. */
  get pid(): number {
    return this.#child.pid ?? 0;
  }

  /** Everything it wrote to stdout and stderr. */
  get output(): string {
    return this.#output;
  }

  /** Sends a signal and waits for the end; resolves with the exit code, null after a kill. */
  async end(signal: 'SIGTERM' | 'SIGKILL'): Promise<number | null> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) {
      return this.#child.exitCode;
    }
    const exited = once(this.#child, 'exit');
    this.#child.kill(signal);
    await exited;
    return this.#child.exitCode;
  }

  /** Waits until it ends by itself. */
  async exitCode(): Promise<number | null> {
    if (this.#child.exitCode === null) await once(this.#child, 'exit');
    return this.#child.exitCode;
  }
}

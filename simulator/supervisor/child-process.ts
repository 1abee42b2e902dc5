/**
 * One process under supervision.
 *
 * Invariants:
 * - a process that dies while it should run is started again, later and later (at most 5 s), unless
 *   it is held;
 * - `stop` leaves no process behind: SIGTERM first, SIGKILL at the deadline;
 * - its output goes to `<logs>/<name>.log` and nowhere else.
 */
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import type { ProcessMessage } from '../wire/local-process.ts';
import { openLogFile } from '../wire/log-file.ts';

const FIRST_RESTART_DELAY_MS = 100;
const LONGEST_RESTART_DELAY_MS = 5_000;
/** A process that ran this long before it died is started again without a longer delay. */
const STEADY_MS = 10_000;
const STOP_DEADLINE_MS = 7_500;

/** How to start a process and how to know that it is ready. */
export interface ProcessSpec {
  readonly name: string;
  /** Script and arguments, after Node's own flags. */
  readonly args: readonly string[];
  readonly nodeArgs?: readonly string[];
  readonly env?: Readonly<Record<string, string>>;
  /** Resolves when the process serves; without it the process reports over IPC. */
  readonly probe?: (signal: AbortSignal) => Promise<void>;
}

/** A start that failed for good, with the reason the process gave. */
export class StartFailedError extends Error {
  override readonly name = 'StartFailedError';
  readonly code = 'START_FAILED';
}

export class SupervisedProcess {
  readonly name: string;
  restarts = 0;
  readonly #spec: ProcessSpec;
  readonly #logFile: string;
  readonly #startDeadlineMs: number;
  #child: ChildProcess | undefined;
  #stopping = false;
  #held = false;
  #restartTimer: NodeJS.Timeout | undefined;
  #delayMs = FIRST_RESTART_DELAY_MS;

  constructor(spec: ProcessSpec, logFolder: string, startDeadlineMs = 60_000) {
    this.name = spec.name;
    this.#spec = spec;
    this.#startDeadlineMs = startDeadlineMs;
    this.#logFile = `${logFolder}/${spec.name}.log`;
  }

  /** Process id while it runs. */
  get pid(): number | undefined {
    return this.#child?.pid;
  }

  /**
   * Starts the process and waits until it serves.
   *
   * @throws StartFailedError with the reason the process reported
   */
  async start(): Promise<void> {
    const child = this.#spawn();
    const closed = new AbortController();
    child.once('close', () => closed.abort());
    const signal = AbortSignal.any([closed.signal, AbortSignal.timeout(this.#startDeadlineMs)]);
    const report = await this.#report(child, signal).catch(() => undefined);
    if (report?.state === 'ready') return;
    if (report?.state === 'failed') throw new StartFailedError(`${this.name}: ${report.message}`);
    const reason = closed.signal.aborted ? 'ended while starting' : 'is not ready in time';
    throw new StartFailedError(`${this.name} ${reason}; see ${this.#logFile}`);
  }

  /** Ends the process at once, as a power cut would; supervision starts it again. */
  kill(): void {
    this.#child?.kill('SIGKILL');
  }

  /** From now on a process that dies is not started again, until `release`. */
  hold(): void {
    this.#held = true;
    clearTimeout(this.#restartTimer);
  }

  /** Ends `hold`: a process that has died starts at once. */
  release(): void {
    if (!this.#held) return;
    this.#held = false;
    this.#delayMs = FIRST_RESTART_DELAY_MS;
    if (this.#child === undefined) this.#restart();
  }

  /** Ends the process for good. */
  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#restartTimer);
    const child = this.#child;
    if (child !== undefined && child.exitCode === null && child.signalCode === null) {
      const exit = once(child, 'exit');
      child.kill('SIGTERM');
      const force = setTimeout(() => child.kill('SIGKILL'), STOP_DEADLINE_MS);
      await exit;
      clearTimeout(force);
    }
  }

  async #report(child: ChildProcess, signal: AbortSignal): Promise<ProcessMessage> {
    if (this.#spec.probe !== undefined) {
      await this.#spec.probe(signal);
      return { state: 'ready' };
    }
    const [message] = (await once(child, 'message', { signal })) as [ProcessMessage];
    return message;
  }

  #spawn(): ChildProcess {
    const { args, nodeArgs = [], env = {}, probe } = this.#spec;
    const startedAt = performance.now();
    const log = openLogFile(this.#logFile);
    const child = spawn(process.execPath, [...nodeArgs, ...args], {
      // Its own process group: Ctrl-C in the terminal reaches the supervisor alone.
      detached: true,
      // A file and no pipe: it takes what is written whether the supervisor lives or not.
      stdio: ['ignore', log, log, ...(probe === undefined ? (['ipc'] as const) : [])],
      env: { ...process.env, SUPERVISOR_PID: String(process.pid), ...env },
    });
    this.#child = child;
    closeSync(log);
    child.once('exit', () => this.#restartLater(performance.now() - startedAt));
    return child;
  }

  #restartLater(ranMs: number): void {
    this.#child = undefined;
    if (this.#stopping || this.#held) return;
    this.#delayMs = ranMs >= STEADY_MS ? FIRST_RESTART_DELAY_MS : this.#delayMs * 2;
    this.#restartTimer = setTimeout(
      () => this.#restart(),
      Math.min(this.#delayMs, LONGEST_RESTART_DELAY_MS),
    );
  }

  #restart(): void {
    if (this.#stopping) return;
    this.restarts += 1;
    this.#spawn();
  }
}

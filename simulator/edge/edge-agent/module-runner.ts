/**
 * Keeps one module running as its restart policy says.
 *
 * Invariants:
 * - at most one process of the module runs;
 * - after `stop` none does.
 */
import type { Logger } from '../../wire/logger.ts';
import type { ManifestModule } from '../manifest/read-manifest.ts';
import {
  adoptProcess,
  forgetProcess,
  startProcess,
  type ModuleCommand,
  type RunningProcess,
} from './module-process.ts';
import { restartDelayMs, type BackOff } from './restart-policy.ts';

/** A module gets SIGTERM, and SIGKILL this much later; the supervisor itself waits for 8 s. */
const STOP_GRACE_MS = 5_000;

export type ModuleState = 'running' | 'backoff' | 'stopped' | 'failed';

/** What `GET /status` shows of a module. */
export interface ModuleStatus {
  readonly id: string;
  readonly pid: number | null;
  readonly state: ModuleState;
  readonly restarts: number;
  readonly startedAtMs: number | null;
}

export interface ModuleRunnerOptions {
  readonly module: ManifestModule;
  readonly command: ModuleCommand;
  readonly backOff: BackOff;
  readonly log: Logger;
}

export class ModuleRunner {
  readonly #options: ModuleRunnerOptions;
  #process: RunningProcess | undefined;
  #state: ModuleState = 'stopped';
  #restarts = 0;
  #restartsInARow = 0;
  #timer: NodeJS.Timeout | undefined;
  #stopping = false;
  #held = false;

  constructor(options: ModuleRunnerOptions) {
    this.#options = options;
  }

  get status(): ModuleStatus {
    return {
      id: this.#options.module.id,
      pid: this.#process?.pid ?? null,
      state: this.#state,
      restarts: this.#restarts,
      startedAtMs: this.#process?.startedAtMs ?? null,
    };
  }

  /** Adopts the module's process or starts one; a module that is to be stopped is left alone. */
  async start(): Promise<void> {
    const { module, command, log } = this.#options;
    const adopted = adoptProcess(command);
    if (adopted !== undefined)
      log.info({ module: module.id, pid: adopted.pid }, 'module found again');
    if (module.status === 'running') await this.#run(adopted);
    else if (adopted !== undefined) await this.#end(adopted);
  }

  /** Ends the module and starts it again at once, whatever its policy. */
  async restart(): Promise<void> {
    await this.stop();
    this.#stopping = false;
    this.#restarts += 1;
    await this.#run(undefined);
  }

  /** From now on a module that ends is not started again, until `release`. */
  hold(): void {
    this.#held = true;
    clearTimeout(this.#timer);
  }

  /** Ends `hold`: a module that does not run starts at once, as if it had never ended. */
  async release(): Promise<void> {
    if (!this.#held) return;
    this.#held = false;
    this.#restartsInARow = 0;
    if (this.#process !== undefined || this.#stopping) return;
    this.#restarts += 1;
    await this.#run(undefined);
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    clearTimeout(this.#timer);
    if (this.#process !== undefined) await this.#end(this.#process);
    this.#state = 'stopped';
  }

  async #run(adopted: RunningProcess | undefined): Promise<void> {
    const { module, command, log } = this.#options;
    try {
      const running = adopted ?? (await startProcess(command));
      this.#process = running;
      this.#state = 'running';
      log.info({ module: module.id, pid: running.pid }, 'module running');
      void running.ended.then(({ failed }) => this.#ended(running, failed));
    } catch (error) {
      log.error({ err: error, module: module.id }, 'module not started');
      this.#schedule({ failed: true, ranMs: 0 });
    }
  }

  #ended(running: RunningProcess, failed: boolean): void {
    if (this.#process !== running) return;
    this.#process = undefined;
    forgetProcess(this.#options.command);
    if (this.#stopping) return;
    this.#options.log.warn({ module: this.#options.module.id, failed }, 'module ended');
    if (this.#held) this.#state = 'stopped';
    else this.#schedule({ failed, ranMs: Date.now() - running.startedAtMs });
  }

  #schedule({ failed, ranMs }: { failed: boolean; ranMs: number }): void {
    const { module, backOff } = this.#options;
    if (ranMs >= backOff.healthyMs) this.#restartsInARow = 0;
    const exit = { failed, ranMs, restartsInARow: this.#restartsInARow };
    const delayMs = restartDelayMs(module.restartPolicy, exit, backOff);
    if (delayMs === undefined) {
      this.#state = failed ? 'failed' : 'stopped';
      return;
    }
    this.#state = 'backoff';
    this.#restartsInARow += 1;
    this.#timer = setTimeout(() => {
      this.#restarts += 1;
      void this.#run(undefined);
    }, delayMs);
  }

  async #end(running: RunningProcess): Promise<void> {
    signal(running.pid, 'SIGTERM');
    const killer = setTimeout(() => signal(running.pid, 'SIGKILL'), STOP_GRACE_MS);
    await running.ended;
    clearTimeout(killer);
    this.#process = undefined;
    forgetProcess(this.#options.command);
  }
}

function signal(pid: number, name: NodeJS.Signals): void {
  try {
    process.kill(pid, name);
  } catch {
    // It has ended meanwhile.
  }
}

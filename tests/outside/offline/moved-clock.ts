/** A module as a real process whose clocks, the monotonic one too, a test moves. */
import { readdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { z } from 'zod';
import { ModuleProcess } from '../../support/module-process.ts';

const PROJECT = fileURLToPath(new URL('../../..', import.meta.url));

/** What a process uses of the machine. */
export interface Usage {
  readonly residentMiB: number;
  readonly files: number;
  readonly logLines: number;
}

export class MovedModule {
  readonly #file: string;
  readonly #process: ModuleProcess;
  #aheadSeconds = 0;

  /** Starts a module's compiled program with its state and its clock in a folder. */
  constructor(module: string, folder: string, environment: Record<string, string>) {
    this.#file = join(folder, 'clock');
    this.forward(0);
    this.#process = ModuleProcess.run([process.execPath, `dist/modules/${module}/src/main.js`], {
      folder: PROJECT,
      environment: {
        ...environment,
        STATE_FOLDER: folder,
        LD_PRELOAD: z.string().parse(process.env['FAKETIME_LIBRARY']),
        FAKETIME_TIMESTAMP_FILE: this.#file,
        FAKETIME_NO_CACHE: '1',
      },
    });
  }

  /** What its wall clock shows, epoch milliseconds. */
  nowMs(): number {
    return Date.now() + this.#aheadSeconds * 1_000;
  }

  get output(): string {
    return this.#process.output;
  }

  /** Moves its clocks on. */
  forward(seconds: number): void {
    this.#aheadSeconds += seconds;
    // Renamed into place: it never reads half of it.
    writeFileSync(`${this.#file}.new`, `+${this.#aheadSeconds}\n`);
    renameSync(`${this.#file}.new`, this.#file);
  }

  usage(): Usage {
    const folder = `/proc/${this.#process.pid}`;
    const [, kibibytes] = /VmRSS:\s+(\d+) kB/.exec(readFileSync(`${folder}/status`, 'utf8')) ?? [];
    return {
      residentMiB: Math.round(Number(kibibytes) / 1_024),
      files: readdirSync(`${folder}/fd`).length,
      logLines: this.output.split('\n').length,
    };
  }

  async end(): Promise<number | null> {
    return this.#process.end('SIGTERM');
  }
}

/**
 * Runs the az command line.
 *
 * Invariants:
 * - bodies are in files that only this user can read, and are gone afterwards;
 * - errors say what az said, and hold nothing of the environment or a body.
 */
import { spawn } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { z } from 'zod';
import type { AzCommand } from './core/az-command.ts';

/** Why a call of az did not succeed. */
export class AzError extends Error {
  override readonly name = 'AzError';
  /** `AZ_MISSING`: no az; `AZ_SIGN_IN`: nobody is signed in; `AZ_FAILED`: az refused; `AZ_ANSWER`: not what was expected. */
  readonly code: 'AZ_MISSING' | 'AZ_SIGN_IN' | 'AZ_FAILED' | 'AZ_ANSWER';

  constructor(code: AzError['code'], message: string, cause?: unknown) {
    super(message, { cause });
    this.code = code;
  }
}

const MISSING =
  'The az command line is not there. Install it (https://aka.ms/azure-cli), sign in with `az login`, and run this again. ' +
  'Nothing else of this project needs it: `npm start` runs the whole system on this machine.';

/** Calls az, one command at a time. */
export class Az {
  readonly #environment: NodeJS.ProcessEnv;

  /** @param environment that az runs in; holds its PATH */
  constructor(environment: NodeJS.ProcessEnv) {
    this.#environment = environment;
  }

  /**
   * The answer of a command, checked.
   *
   * @throws AzError
   */
  async ask<T>(command: AzCommand, schema: z.ZodType<T>): Promise<T> {
    const text = await this.run(command);
    let answer: unknown;
    try {
      answer = JSON.parse(text === '' ? 'null' : text);
    } catch (error) {
      throw new AzError('AZ_ANSWER', `${title(command)} did not answer with JSON.`, error);
    }
    const parsed = schema.safeParse(answer);
    if (parsed.success) return parsed.data;
    const faults = parsed.error.issues.map(({ path, message }) => `${path.join('.')}: ${message}`);
    throw new AzError(
      'AZ_ANSWER',
      `${title(command)} answered in a new form: ${faults.join('; ')}.`,
    );
  }

  /**
   * What a command writes.
   *
   * @throws AzError
   */
  async run(command: AzCommand): Promise<string> {
    const { file } = command;
    if (file === undefined) return this.#run(command, command.args);
    const folder = await mkdtemp(join(tmpdir(), 'iot-deploy-'));
    try {
      const path = join(folder, 'content.json');
      await writeFile(path, JSON.stringify(file.content), { mode: 0o600 });
      return await this.#run(command, [...command.args, file.flag, `@${path}`]);
    } finally {
      await rm(folder, { recursive: true, force: true });
    }
  }

  async #run(command: AzCommand, args: readonly string[]): Promise<string> {
    const output = ['--output', command.output ?? 'json'];
    const child = spawn('az', [...args, ...output, '--only-show-errors'], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...this.#environment, ...command.environment },
    });
    const answer: Buffer[] = [];
    const complaint: Buffer[] = [];
    child.stdout.on('data', (chunk: Buffer) => answer.push(chunk));
    child.stderr.on('data', (chunk: Buffer) => complaint.push(chunk));
    const exitCode = await new Promise<number | null>((resolve, reject) => {
      child.on('error', (error: NodeJS.ErrnoException) =>
        reject(error.code === 'ENOENT' ? new AzError('AZ_MISSING', MISSING, error) : error),
      );
      child.on('close', resolve);
    });
    if (exitCode === 0) return Buffer.concat(answer).toString('utf8').trim();
    throw failure(command, Buffer.concat(complaint).toString('utf8'));
  }
}

function failure(command: AzCommand, complaint: string): AzError {
  const said = complaint.trim().split('\n').slice(0, 12).join('\n');
  if (/az login|AADSTS|not logged in/i.test(said)) {
    return new AzError('AZ_SIGN_IN', `Nobody is signed in to Azure: run \`az login\`.\n${said}`);
  }
  return new AzError('AZ_FAILED', `${title(command)} failed:\n${said}`);
}

/** What a command is, for people. */
function title({ args }: AzCommand): string {
  const options = args.findIndex((argument) => argument.startsWith('--'));
  const verb = args.slice(0, options === -1 ? undefined : options).join(' ');
  const at = args.indexOf('--url');
  return at === -1 ? `az ${verb}` : `az ${verb} ${args[at + 1] ?? ''}`;
}

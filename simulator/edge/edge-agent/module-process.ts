/**
 * One process of a module: started here, or found again after edgeAgent itself was killed.
 *
 * Invariant: a module never runs twice: its pid and start time are on disk before anything else
 * happens, and a process that is still the recorded one is adopted instead of started again.
 */
import { spawn } from 'node:child_process';
import { closeSync, mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { dirname } from 'node:path';
import { z } from 'zod';
import { openLogFile } from '../../wire/log-file.ts';
import { processStartTime } from './process-identity.ts';

/** How often an adopted process is looked after: it is nobody's child any more. */
const POLL_INTERVAL_MS = 250;

/** What to start and where to write. */
export interface ModuleCommand {
  /** Path of the module's main.js. */
  readonly file: string;
  readonly nodeArguments: readonly string[];
  readonly environment: Readonly<Record<string, string>>;
  readonly logFile: string;
  /** Where pid and start time are kept. */
  readonly recordFile: string;
}

export interface RunningProcess {
  readonly pid: number;
  readonly startedAtMs: number;
  readonly adopted: boolean;
  /** Resolves when the process has ended; `failed` when it did not end with code 0. */
  readonly ended: Promise<{ failed: boolean }>;
}

const ProcessRecord = z.object({
  pid: z.int(),
  startTime: z.string(),
  startedAtMs: z.number(),
  /** What was started: another command means another module. */
  command: z.string(),
});

/** Finds the module's process again if it still runs; one of another command is ended. */
export function adoptProcess(command: ModuleCommand): RunningProcess | undefined {
  const record = readRecord(command.recordFile);
  if (record === undefined || processStartTime(record.pid) !== record.startTime) return undefined;
  if (record.command !== fingerprint(command)) {
    process.kill(record.pid, 'SIGKILL');
    return undefined;
  }
  const { pid, startedAtMs, startTime } = record;
  return { pid, startedAtMs, adopted: true, ended: pollUntilGone(pid, startTime) };
}

/** Starts the module in a process group of its own. @throws Error when it cannot be started */
export async function startProcess(command: ModuleCommand): Promise<RunningProcess> {
  const log = openLogFile(command.logFile);
  try {
    const child = spawn(process.execPath, [...command.nodeArguments, command.file], {
      detached: true,
      stdio: ['ignore', log, log],
      env: command.environment,
    });
    const ended = new Promise<{ failed: boolean }>((resolve) => {
      child.on('exit', (code) => resolve({ failed: code !== 0 }));
    });
    await new Promise<void>((resolve, reject) => {
      child.once('spawn', resolve);
      child.once('error', reject);
    });
    const { pid = 0 } = child;
    const startedAtMs = Date.now();
    writeRecord(command, { pid, startedAtMs });
    return { pid, startedAtMs, adopted: false, ended };
  } finally {
    closeSync(log);
  }
}

/** Forgets a process that has ended. */
export function forgetProcess({ recordFile }: ModuleCommand): void {
  rmSync(recordFile, { force: true });
}

function pollUntilGone(pid: number, startTime: string): Promise<{ failed: boolean }> {
  return new Promise((resolve) => {
    const timer = setInterval(() => {
      if (processStartTime(pid) === startTime) return;
      clearInterval(timer);
      resolve({ failed: true });
    }, POLL_INTERVAL_MS);
    timer.unref();
  });
}

function fingerprint({ file, nodeArguments, environment }: ModuleCommand): string {
  return JSON.stringify({ file, nodeArguments, environment });
}

function writeRecord(command: ModuleCommand, running: { pid: number; startedAtMs: number }): void {
  const startTime = processStartTime(running.pid);
  // Already gone: there is nothing to find again.
  if (startTime === undefined) return;
  mkdirSync(dirname(command.recordFile), { recursive: true });
  const record = { ...running, startTime, command: fingerprint(command) };
  writeFileSync(command.recordFile, JSON.stringify(record), { mode: 0o600 });
}

function readRecord(file: string): z.infer<typeof ProcessRecord> | undefined {
  try {
    return ProcessRecord.parse(JSON.parse(readFileSync(file, 'utf8')));
  } catch {
    return undefined;
  }
}

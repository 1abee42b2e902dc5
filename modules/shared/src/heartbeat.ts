/**
 * A module's sign of life, for the health check of its container.
 *
 * edgeAgent does not look at a container's health (Azure/iotedge, RestartPolicyManager.cs), so a check
 * that only said "unhealthy" would change nothing. One that finds the module stuck for long ends it,
 * and the restart policy starts it anew.
 *
 * Invariants:
 * - the sign is renewed only while the event loop turns, so a module that is stuck stops giving it;
 * - setting the clock does not make a module look stuck: times are the machine's since its start;
 * - a module that is still opening its database is never ended, however long that takes;
 * - the sign of a process that has ended says nothing, also where another has its id by now.
 */
import { readFileSync, renameSync, writeFileSync } from 'node:fs';
import type { Clock } from './clock.ts';
import { messageOf } from './edge-error.ts';
import type { Logger } from './logger.ts';

const BEAT_EVERY_MS = 10_000;
/** Several beats missed: also a machine that is short of breath manages one. */
const STUCK_AFTER_MS = 60_000;
/** Longer than any pause that ends by itself. */
const END_AFTER_MS = 300_000;

/** What the health check found; `endPid` is the process to end. */
export type Health =
  | { readonly state: 'healthy' }
  | { readonly state: 'starting' }
  | { readonly state: 'stuck'; readonly silentMs: number; readonly endPid: number | undefined };

/** Gives the sign of life. */
export interface Heartbeat {
  /** Opens a database, checks and migrates it, perhaps for long and without a turn of the event loop. */
  opening<Result>(open: () => Result): Result;
  stop(): void;
}

/** Stands in a sign of life instead of the time. */
const OPENING = 'opening';

/** Milliseconds since the machine started: the same for all processes, whoever sets the clock. */
export function machineUptimeMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/**
 * When a process was started, in the operating system's own count: with its id the name of a process.
 * 0 of one that has ended, and where there is no /proc. Source: proc_pid_stat(5), `starttime`.
 *
 * It is that of the first thread, the same: qemu makes up `/proc/<pid>/stat` for a process that it
 * emulates, and only for that process itself.
 */
export function processStart(pid: number): string {
  const stat = readIfThere(`/proc/${pid}/task/${pid}/stat`);
  // The second field, the program's name in brackets, may hold anything.
  return stat.slice(stat.lastIndexOf(')') + 2).split(' ')[19] ?? '0';
}

/**
 * Gives the sign of life until it is stopped; gives none without a file.
 *
 * A file that cannot be written is logged once and is no reason to stop working.
 */
export function startHeartbeat(
  file: string | undefined,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): Heartbeat {
  if (file === undefined) return { opening: (open) => open(), stop: () => {} };
  let warned = false;
  const born = processStart(process.pid);
  const write = (what: string): void => {
    try {
      // Renamed into place: the check never reads half of it.
      writeFileSync(`${file}.new`, `${process.pid} ${born} ${what}\n`);
      renameSync(`${file}.new`, file);
    } catch (error) {
      if (!warned) log.warn({ reason: messageOf(error) }, 'heartbeat not written');
      warned = true;
    }
  };
  const beat = () => write(String(machineUptimeMs()));
  beat();
  return {
    opening: (open) => {
      write(OPENING);
      try {
        return open();
      } finally {
        beat();
      }
    },
    stop: clock.every(BEAT_EVERY_MS, beat),
  };
}

/** Reads the sign of life that a module left in `file`. */
export function readHealth(file: string, uptimeMs = machineUptimeMs()): Health {
  const [, pid, born, beat] = /^(\d+) (\d+) (\d+|opening)\n$/.exec(readIfThere(file)) ?? [];
  const isAlive = pid !== undefined && processStart(Number(pid)) === born;
  if (!isAlive || beat === OPENING) return { state: 'starting' };
  const silentMs = uptimeMs - Number(beat);
  // A sign from before the machine's last start says nothing.
  if (silentMs < 0) return { state: 'starting' };
  if (silentMs <= STUCK_AFTER_MS) return { state: 'healthy' };
  return {
    state: 'stuck',
    silentMs,
    endPid: silentMs > END_AFTER_MS ? Number(pid) : undefined,
  };
}

function readIfThere(file: string): string {
  try {
    return readFileSync(file, 'utf8');
  } catch {
    return '';
  }
}

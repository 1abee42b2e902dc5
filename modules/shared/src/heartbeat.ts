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
 * - a module that is still opening its database is never ended.
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

/** Milliseconds since the machine started: the same for all processes, whoever sets the clock. */
export function machineUptimeMs(): number {
  return Number(process.hrtime.bigint() / 1_000_000n);
}

/**
 * Gives the sign of life until the returned function is called.
 *
 * A file that cannot be written is logged once and is no reason to stop working.
 */
export function startHeartbeat(
  file: string,
  { clock, log }: { readonly clock: Clock; readonly log: Logger },
): () => void {
  let warned = false;
  const beat = (): void => {
    try {
      // Renamed into place: the check never reads half of it.
      writeFileSync(`${file}.new`, `${process.pid} ${machineUptimeMs()}\n`);
      renameSync(`${file}.new`, file);
    } catch (error) {
      if (!warned) log.warn({ reason: messageOf(error) }, 'heartbeat not written');
      warned = true;
    }
  };
  beat();
  return clock.every(BEAT_EVERY_MS, beat);
}

/** Reads the sign of life that a module left in `file`. */
export function readHealth(file: string, uptimeMs = machineUptimeMs()): Health {
  const [, pid, beatMs] = /^(\d+) (\d+)\n$/.exec(readIfThere(file)) ?? [];
  const silentMs = uptimeMs - Number(beatMs);
  // A sign from before the machine's last start says nothing.
  if (beatMs === undefined || silentMs < 0) return { state: 'starting' };
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

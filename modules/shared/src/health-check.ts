/** `main.mjs --health`: what Docker's HEALTHCHECK runs in a module's container. */
import { readHealth } from './heartbeat.ts';

/** Exit codes of a health check. Source: Dockerfile reference, HEALTHCHECK. */
const HEALTHY = 0;
const UNHEALTHY = 1;

/**
 * Says how the module is, ends it when it is stuck for long, and returns the exit code.
 *
 * @param file the module's `HEARTBEAT_FILE`
 */
export function checkHealth(file: string | undefined, say: (finding: string) => void): number {
  const { finding, healthy } = examine(file);
  say(`${finding}\n`);
  return healthy ? HEALTHY : UNHEALTHY;
}

function examine(file: string | undefined): { finding: string; healthy: boolean } {
  if (file === undefined || file === '') {
    return { finding: 'HEARTBEAT_FILE is not set', healthy: false };
  }
  const health = readHealth(file);
  if (health.state === 'healthy') return { finding: 'healthy', healthy: true };
  if (health.state === 'starting') return { finding: 'not started yet', healthy: false };
  const silence = `no sign of life for ${Math.round(health.silentMs / 1000)} s`;
  if (health.endPid === undefined) return { finding: silence, healthy: false };
  return { finding: `${silence}: ${end(health.endPid)}`, healthy: false };
}

/** SIGKILL, because a stuck process hears nothing else. Docker's init ends the container with it. */
function end(pid: number): string {
  try {
    process.kill(pid, 'SIGKILL');
    return 'ended';
  } catch {
    return 'gone already';
  }
}

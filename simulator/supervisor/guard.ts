/**
 * Preloaded (`node --import`) into processes that know nothing of the supervisor: the modules, the
 * dashboard and Azurite. Ends the process when the supervisor's pid is gone, whatever it died of.
 */
const CHECK_INTERVAL_MS = 1_000;
/** A process that has not ended this long after it was asked to is ended, milliseconds. */
const GRACE_MS = 5_000;

const supervisorPid = Number(process.env['SUPERVISOR_PID']);
if (Number.isInteger(supervisorPid) && supervisorPid > 0) {
  const watch = setInterval(() => {
    if (isAlive(supervisorPid)) return;
    clearInterval(watch);
    setTimeout(() => process.exit(1), GRACE_MS).unref();
    process.kill(process.pid, 'SIGTERM');
  }, CHECK_INTERVAL_MS).unref();
}

function isAlive(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch {
    return false;
  }
}

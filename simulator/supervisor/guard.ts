/**
 * Preloaded (`node --import`) into processes that know nothing of the supervisor: the modules, the
 * dashboard and Azurite. Ends the process when the supervisor's pid is gone, whatever it died of.
 */
const CHECK_INTERVAL_MS = 1_000;

const supervisorPid = Number(process.env['SUPERVISOR_PID']);
if (Number.isInteger(supervisorPid) && supervisorPid > 0) {
  setInterval(() => {
    if (!isAlive(supervisorPid)) process.kill(process.pid, 'SIGTERM');
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

/**
 * A large fleet of virtual meters through the whole gateway, as real processes: what arrives at IoT Hub is
 * compared, reading by reading and window by window, with what the meters measured.
 *
 * Run: node --import tsx tests/bench/many-meters/main.ts --meters 200000 --minutes 10
 */
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as pause } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { SystemWatch } from '../../../simulator/proof/system-watch.ts';
import { METER_SIMULATOR, virtualJournal } from '../../../simulator/proof/virtual-meters.ts';
import { LOCAL_NAMES } from '../../../simulator/supervisor/local-names.ts';
import { holdFreePorts } from '../../../simulator/supervisor/free-ports.ts';
import { startSystem, type LocalSystem } from '../../../simulator/supervisor/system.ts';
import { controlClient } from '../../../simulator/wire/control-api.ts';
import { readArrived } from './arrived-fleet.ts';
import { GatewayWatch } from './gateway-watch.ts';
import { addJournal, FleetSums } from './measured-fleet.ts';

const projectFolder = fileURLToPath(new URL('../../..', import.meta.url));
const WINDOW_MS = 300_000;
const OTHER_WINDOW_SECONDS = 60;
const LOOK_EVERY_MS = 1_000;
/** Nothing may have moved for so long. */
const QUIET_LOOKS = 8;
const MOST_QUIET_MINUTES = 20;
/** Enough for ten minutes of the largest fleet in the journal, and for its windows in the averager. */
const MAX_DISK_BYTES = 512 * 2 ** 20;

const { values } = parseArgs({
  options: {
    meters: { type: 'string', default: '200000' },
    minutes: { type: 'string', default: '10' },
    interval: { type: 'string', default: '60' },
    faults: { type: 'boolean', default: false },
    jobs: { type: 'boolean', default: false },
    keep: { type: 'boolean', default: false },
    quiet: { type: 'string', default: String(MOST_QUIET_MINUTES) },
  },
});
const meters = Number(values.meters);
const minutes = Number(values.minutes);
const intervalSeconds = Number(values.interval);

const FAULTS = {
  levelShiftsPerDay: 10,
  stuckPerDay: 10,
  missingPerDay: 50,
  outagesPerDay: 50,
  outageHours: 0.05,
  latePercent: 5,
  repeatPercent: 5,
  lateSeconds: 90,
  clockDriftSecondsPerDay: 2,
};

const startedAt = performance.now();
const say = (text: string) => {
  const seconds = ((performance.now() - startedAt) / 1_000).toFixed(1).padStart(7);
  process.stdout.write(`${seconds} s  ${text}\n`);
};

const stateFolder = mkdtempSync(join(tmpdir(), 'many-meters-'));
const system = await startSystem({
  chosen: {
    ...LOCAL_NAMES,
    stateFolder,
    projectFolder,
    meters: { count: 0, direct: 0, manual: true, intervalMs: 10_000, historySeconds: 0, seed: 1 },
    manifestFile: join(projectFolder, 'deployment.template.json'),
    faithful: false,
    powerBi: false,
    groupWaitSeconds: 3,
    logLevel: 'info',
    ports: (await holdFreePorts()).ports,
  },
  fresh: true,
  onPhase: say,
});
try {
  await run(system);
} finally {
  resume(system);
  await system.stop();
  if (values.keep) say(`the state is in ${stateFolder}`);
  else rmSync(stateFolder, { recursive: true, force: true });
}

/** What Azure does with the messages, after IoT Hub has them, is Azure's processors' work. */
function suspended(running: LocalSystem): number[] {
  const { jobs, functions, dashboard } = running.pids();
  return values.jobs ? [] : [jobs, functions, dashboard].filter((pid) => pid !== undefined);
}

function resume(running: LocalSystem): void {
  for (const pid of suspended(running)) process.kill(pid, 'SIGCONT');
}

async function run(running: LocalSystem): Promise<void> {
  const { settings } = running;
  const watch = new SystemWatch(settings);
  for (const pid of suspended(running)) process.kill(pid, 'SIGSTOP');
  const gateway = new GatewayWatch(watch, () => new Map(Object.entries(running.pids())));
  gateway.start();
  await watch.configure('averager', 'maxDiskBytes', MAX_DISK_BYTES);
  await watch.setDesired(METER_SIMULATOR, {
    virtualMeters: meters,
    intervalSeconds,
    maxDiskBytes: MAX_DISK_BYTES,
    ...(values.faults ? FAULTS : {}),
  });
  await watchFor(minutes * 60, running);
  await watch.configure(METER_SIMULATOR, 'virtualMeters', 0);
  say('the meters have stopped');
  await waitForQuiet(watch, running);
  await watch.configure('averager', 'windowSeconds', OTHER_WINDOW_SECONDS);
  await waitForQuiet(watch, running);
  gateway.stop();
  report(gateway);
  await reconcile(running);
}

async function statusOf({ settings }: LocalSystem, id: string): Promise<Record<string, unknown>> {
  const path = `/modules/${id}/methods/status`;
  const answer = await controlClient(settings, 'edgeHub').post(path, {});
  return (answer as { payload: Record<string, unknown> }).payload;
}

async function watchFor(seconds: number, running: LocalSystem): Promise<void> {
  const endsAt = performance.now() + seconds * 1_000;
  while (performance.now() < endsAt) {
    await pause(Math.min(20_000, endsAt - performance.now()));
    await sayWhere(running);
  }
}

async function sayWhere(running: LocalSystem): Promise<void> {
  const parts: string[] = [];
  for (const id of [METER_SIMULATOR, 'averager', 'anomaly-detector', 'store-and-forward']) {
    const status = await statusOf(running, id).catch(() => ({}) as Record<string, unknown>);
    const { measuredReadings, behindSeconds, received, outboxRows, backlogReadings } = status;
    parts.push(
      `${id} ${JSON.stringify({ measuredReadings, behindSeconds, received, outboxRows, backlogReadings })}`,
    );
  }
  say(parts.join(' '));
}

async function waitForQuiet(watch: SystemWatch, running: LocalSystem): Promise<void> {
  let last = '';
  let quiet = 0;
  let looks = 0;
  const endsAt = performance.now() + Number(values.quiet) * 60_000;
  while (quiet < QUIET_LOOKS) {
    if (performance.now() > endsAt) {
      say('NOT QUIET in time');
      return;
    }
    await pause(LOOK_EVERY_MS);
    looks += 1;
    if (looks % 20 === 0) await sayWhere(running);
    const now = await fingerprint(watch).catch(() => `${Math.random()}`);
    quiet = now === last && !now.includes('busy') ? quiet + 1 : 0;
    last = now;
  }
  say('quiet');
}

async function fingerprint(watch: SystemWatch): Promise<string> {
  const { endpoints, received } = await watch.edgeHub();
  const ids = [METER_SIMULATOR, 'averager', 'anomaly-detector', 'store-and-forward'];
  const modules = await Promise.all(ids.map((id) => watch.module(id)));
  const queued = endpoints.reduce((sum, endpoint) => sum + endpoint.queued, 0);
  const waiting = modules.reduce((sum, one) => sum + one.outboxRows + one.backlogReadings, 0);
  return `${queued + waiting > 0 ? 'busy' : ''} ${received} ${modules.map(({ sent }) => sent).join(' ')}`;
}

function report(gateway: GatewayWatch): void {
  say('process              CPU s   peak MiB   lives');
  for (const [name, { processorSeconds: cpu, peakMebibytes, lives }] of gateway.processes) {
    say(
      `${name.padEnd(18)} ${cpu.toFixed(1).padStart(7)} ${peakMebibytes.toFixed(0).padStart(10)} ${String(lives).padStart(7)}`,
    );
  }
  for (const [endpoint, queued] of gateway.longestQueues)
    say(`longest queue ${endpoint}: ${queued}`);
}

async function reconcile(running: LocalSystem): Promise<void> {
  const { settings } = running;
  for (const id of [METER_SIMULATOR, 'averager', 'anomaly-detector', 'store-and-forward']) {
    say(`${id} ${JSON.stringify(await statusOf(running, id))}`);
  }
  const measured = new FleetSums(meters, WINDOW_MS);
  const { spikesAndDips } = addJournal(virtualJournal(settings), measured);
  const arrived = new FleetSums(meters, WINDOW_MS);
  const { messages, anomalies, averages } = await readArrived(settings, arrived, measured);
  const different = measured.differences(arrived);
  const { wrong, missing } = averages.problems(measured);
  say(
    `measured ${measured.readings} readings of ${measured.meters} meters, ${spikesAndDips} spikes and dips`,
  );
  say(
    `arrived ${arrived.readings} readings once, ${arrived.repeats} repeats; messages ${JSON.stringify(messages)}`,
  );
  say(
    `windows ${averages.windows}, revisions ${averages.revisions}, wrong ${wrong}, missing ${missing}; anomalies ${anomalies}`,
  );
  const isWhole = different.length === 0 && wrong === 0 && missing === 0;
  say(
    isWhole
      ? 'NOTHING LOST'
      : `DIFFERENT: ${different.length} meters, such as ${different[0] ?? '-'}`,
  );
  if (!isWhole) process.exitCode = 1;
}

/**
 * One proof: start, load, faults, quiet, count.
 *
 * Invariant: everything is read while the system still runs, and compared with the journal alone.
 */
import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { z } from 'zod';
import { readReplayFile } from '../meters/replay-file.ts';
import { LOCAL_NAMES } from '../supervisor/local-names.ts';
import { freePorts } from '../supervisor/ports.ts';
import { startSystem, type LocalSystem } from '../supervisor/system.ts';
import type { MeterSettings } from '../wire/settings.ts';
import { makeFaults, MODULES_ON_PATH, type Faults } from './faults.ts';
import { watchMemory, type MemoryWatch } from './memory-watch.ts';
import { readArchive } from './observe/archive.ts';
import { readAlerts, readAverages } from './observe/event-hub.ts';
import { readTables } from './observe/tables.ts';
import type { ProofOptions } from './options.ts';
import type { OutOfOrderPolicy } from './oracle/expected-windows.ts';
import { readJournal, readVirtualJournal } from './oracle/measured.ts';
import { reconcile } from './oracle/reconcile.ts';
import { closePresentWindows, QUIET_MS, waitForQuiet } from './quiet.ts';
import { judge, type ProofResult } from './result.ts';
import { SystemWatch } from './system-watch.ts';
import { startVirtualMeters, stopVirtualMeters, virtualJournal } from './virtual-meters.ts';

const INTERVAL_MS = 10_000;
const WINDOW_MS = 300_000;
/** A window's end lies so far back that it may close. */
const SETTLED_MS = 60_000;
/** Seconds of silence after which the averager closes a meter's last window; 60 on a real gateway. */
const SILENCE_SECONDS = 5;
/** A hundredth of the pace in Azure: an all-clear comes after 6 s. */
const GROUP_WAIT_SECONDS = 0.3;
/** Time to become quiet: a fixed part, and so much for each reading. */
const QUIET_PATIENCE_MS = 90_000;
const QUIET_PATIENCE_PER_READING_MS = 5;

export interface ProofContext {
  readonly projectFolder: string;
  readonly say: (text: string) => void;
}

/** Runs one proof from an empty state folder, which it removes again unless told to keep it. */
export async function runProof(options: ProofOptions, context: ProofContext): Promise<ProofResult> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'iot-proof-'));
  try {
    return await proofIn(stateFolder, options, context);
  } finally {
    if (options.keep) context.say(`the state is in ${stateFolder}`);
    else await rm(stateFolder, { recursive: true, force: true });
  }
}

async function proofIn(
  stateFolder: string,
  options: ProofOptions,
  { projectFolder, say }: ProofContext,
): Promise<ProofResult> {
  const startedAt = performance.now();
  const meters = meterSettings(options);
  const system = await startSystem({
    chosen: {
      ...LOCAL_NAMES,
      stateFolder,
      projectFolder,
      meters,
      manifestFile: join(projectFolder, 'deployment.template.json'),
      faithful: false,
      powerBi: false,
      groupWaitSeconds: GROUP_WAIT_SECONDS,
      logLevel: 'info',
      ports: await freePorts(),
    },
    fresh: true,
    onPhase: say,
  });
  const watch = new SystemWatch(system.settings);
  const memory = watchMemory(() => allPids(system, watch));
  try {
    const sendingAt = performance.now();
    const readings = meters.plan?.readings ?? 0;
    await startLoad(watch, options);
    const journal = virtualJournal(system.settings);
    const faults = await makeFaults({ watch, readings, virtualJournal: journal, say });
    const patienceMs = QUIET_PATIENCE_MS + readings * QUIET_PATIENCE_PER_READING_MS;
    await stopVirtualMeters(watch);
    const quietAt = await waitForQuiet(watch, { patienceMs, quietMs: QUIET_MS });
    await closePresentWindows(watch, patienceMs);
    say('quiet; counting');
    const transferSeconds = (quietAt - sendingAt) / 1_000;
    const timing = { startedAt, transferSeconds };
    return await count(system, { watch, memory, faults, timing });
  } finally {
    memory.stop();
    await system.stop();
  }
}

function meterSettings(options: ProofOptions): MeterSettings {
  const { meters: count, direct, seed, anomalies, replayFile } = options;
  const readings =
    replayFile === undefined ? options.readings : readReplayFile(replayFile).length * count;
  const endMs = Math.floor((Date.now() - SETTLED_MS) / WINDOW_MS) * WINDOW_MS;
  return {
    count,
    direct,
    seed,
    manual: false,
    intervalMs: INTERVAL_MS,
    historySeconds: 0,
    plan: { readings, anomalies, endMs },
    ...(replayFile === undefined ? {} : { replayFile }),
  };
}

/** The smart meters measure from their start on; the virtual ones, and quick averages, are asked for. */
async function startLoad(watch: SystemWatch, { virtual, seed }: ProofOptions): Promise<void> {
  await startVirtualMeters(watch, { count: virtual, seed });
  await watch.setDesired('averager', { silenceSeconds: SILENCE_SECONDS });
}

interface Finished {
  readonly watch: SystemWatch;
  readonly memory: MemoryWatch;
  readonly faults: Faults;
  readonly timing: { readonly startedAt: number; readonly transferSeconds: number };
}

async function count(
  { settings }: LocalSystem,
  { watch, memory, faults, timing }: Finished,
): Promise<ProofResult> {
  const [archive, averages, alerts, tables, mails, edgeHub, modules] = await Promise.all([
    readArchive(settings),
    readAverages(settings),
    readAlerts(settings),
    readTables(settings),
    watch.mails(),
    watch.edgeHub(),
    Promise.all(MODULES_ON_PATH.map((id) => watch.module(id))),
  ]);
  const virtual = readVirtualJournal(virtualJournal(settings));
  const journal = readJournal(join(settings.stateFolder, 'meters', 'journal.db'));
  const measured = [...journal, ...virtual];
  const policy = await readOutOfOrderPolicy(settings.projectFolder);
  const observed = { archive, averages, alerts, tables, mails };
  const reconciliation = reconcile(measured, observed, policy);
  const readings = measured.reduce((sum, meter) => sum + meter.readings.length, 0);
  const { startedAt, transferSeconds } = timing;
  return judge({
    readings,
    meters: measured.length,
    virtualMeters: virtual.length,
    faults,
    redeliveries: {
      byEdgeHub: edgeHub.redelivered,
      recognisedByModules: modules.reduce((sum, { repeats }) => sum + repeats, 0),
      inArchive: reconciliation.rawRepeats,
      averages: reconciliation.repeatedAverages,
    },
    reconciliation,
    totalSeconds: (performance.now() - startedAt) / 1_000,
    transferSeconds,
    readingsPerSecond: readings / transferSeconds,
    peakMebibytes: memory.peaks(),
  });
}

const JobConfig = z.object({
  EventsOutOfOrderMaxDelayInSeconds: z.number(),
  EventsOutOfOrderPolicy: z.enum(['Adjust', 'Drop']),
});

async function readOutOfOrderPolicy(projectFolder: string): Promise<OutOfOrderPolicy> {
  const path = join(projectFolder, 'cloud', 'stream-analytics', 'JobConfig.json');
  const config = JobConfig.parse(JSON.parse(await readFile(path, 'utf8')));
  return {
    toleranceMs: config.EventsOutOfOrderMaxDelayInSeconds * 1_000,
    action: config.EventsOutOfOrderPolicy,
  };
}

async function allPids(
  system: LocalSystem,
  watch: SystemWatch,
): Promise<ReadonlyMap<string, number>> {
  const modules = await watch.modulePids();
  return new Map([...Object.entries(system.pids()), ...modules]);
}

/** One run of faults: start, load and faults together, quiet, count. */
import { appendFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { finishLoad, startLoad } from '../proof/load.ts';
import { MODULES } from '../proof/faults.ts';
import {
  plannedMeters,
  withProofSystem,
  type ProofContext,
  type ProofSystem,
} from '../proof/proof-system.ts';
import { insist } from '../proof/wait-until.ts';
import { takeStock } from '../proof/take-stock.ts';
import type { Settings } from '../wire/settings.ts';
import { planFaults } from './core/fault-plan.ts';
import type { Alive } from './end-at-once.ts';
import { FaultRunner, type FaultRecord } from './fault-runner.ts';
import type { ChaosOptions } from './options.ts';
import { countRedeliveries } from './redelivery-count.ts';
import { judgeChaos, summarize, summarizeTears, type ChaosResult } from './result.ts';
import { SmallDisks } from './small-disks.ts';

/** Progress is told every so many faults. */
const TELL_EVERY = 50;

export interface ChaosContext extends ProofContext {
  /** Whether file systems can be mounted that nobody else sees. */
  readonly mayMount: boolean;
  /** Gets what is there, for who has to end it at once. */
  readonly alive: Alive;
}

/** Runs faults against a system with an empty state folder, which it removes again unless told to keep it. */
export async function runChaos(options: ChaosOptions, context: ChaosContext): Promise<ChaosResult> {
  const startedAt = performance.now();
  const { meters: count, direct, seed, readings, anomalies, batch: batchReadings } = options;
  const meters = plannedMeters({
    count,
    direct,
    seed,
    readings,
    anomalies,
    batchReadings,
    paced: true,
  });
  const { alive } = context;
  const prepare = (stateFolder: string) => {
    if (!context.mayMount) return;
    alive.disks = SmallDisks.mount(MODULES.map((module) => join(stateFolder, 'modules', module)));
  };
  const cleanUp = () => {
    alive.disks?.unmount(options.keep);
    delete alive.disks;
  };
  const { keep } = options;
  return withProofSystem({ meters, keep, prepare, cleanUp }, context, async (running) => {
    alive.system = running.system;
    const { disks } = alive;
    const redeliveries = countRedeliveries(running);
    const { records, transferSeconds } = await loadUnderFaults(running, options, {
      ...context,
      disks,
    });
    const stock = await takeStock(running);
    return judgeChaos({
      ...stock,
      redeliveries: { ...stock.redeliveries, byEdgeHub: redeliveries.stop() },
      seed,
      faults: summarize(records, 'kind'),
      targets: summarize(records, 'target'),
      torn: summarizeTears(records),
      setAside: databasesSetAside(running.system.settings),
      leftOut: disks === undefined ? ['full disk: this system lets no small disk be mounted'] : [],
      totalSeconds: (performance.now() - startedAt) / 1_000,
      transferSeconds,
      readingsPerSecond: stock.readings / transferSeconds,
      peakMebibytes: running.memory.peaks(),
    });
  });
}

/** Modules keep what they take for damaged, under a name that says so. */
function databasesSetAside({ stateFolder }: Pick<Settings, 'stateFolder'>): string[] {
  return MODULES.flatMap((module) =>
    readdirSync(join(stateFolder, 'modules', module))
      .filter((name) => name.includes('.damaged-'))
      .map((name) => join(module, name)),
  );
}

async function loadUnderFaults(
  running: ProofSystem,
  { kills, readings, seed, virtual }: ChaosOptions,
  { say, disks }: ProofContext & { readonly disks: SmallDisks | undefined },
): Promise<{ records: FaultRecord[]; transferSeconds: number }> {
  const { watch } = running;
  const sendingAt = performance.now();
  await startLoad(watch, { count: virtual, seed });
  let done = 0;
  let killed = 0;
  let begun = 0;
  const allow = (count: number) => insist('more readings', () => watch.allowReadings(count));
  const logFile = join(running.system.settings.stateFolder, 'logs', 'faults.log');
  const plan = planFaults({ kills, seed });
  const runner = new FaultRunner({
    running,
    disks,
    seed,
    // The readings keep pace with the faults, so that both end together.
    beforeFault: () => {
      begun += 1;
      return allow(Math.ceil((readings * begun) / plan.length));
    },
    recovered: (record) => {
      appendFileSync(logFile, `${JSON.stringify({ at: new Date().toISOString(), ...record })}\n`);
      done += 1;
      killed += record.kills;
      if (done % TELL_EVERY === 0) say(`${done} of ${plan.length} faults, ${killed} kills`);
    },
  });
  const records = await runner.run(plan);
  await allow(readings);
  say('all faults made; the rest drains');
  const quietAt = await finishLoad(watch, readings);
  say('quiet; counting');
  return { records, transferSeconds: (quietAt - sendingAt) / 1_000 };
}

/** One proof: start, load, faults, quiet, count. */
import { readReplayFile } from '../meters/replay-file.ts';
import type { MeterSettings } from '../wire/settings.ts';
import { makeFaults } from './faults.ts';
import { finishLoad, startLoad } from './load.ts';
import type { ProofOptions } from './options.ts';
import {
  plannedMeters,
  withProofSystem,
  type ProofContext,
  type ProofSystem,
} from './proof-system.ts';
import { judge, type ProofResult } from './result.ts';
import { takeStock } from './take-stock.ts';
import { virtualJournal } from './virtual-meters.ts';

/** Runs one proof from an empty state folder, which it removes again unless told to keep it. */
export async function runProof(options: ProofOptions, context: ProofContext): Promise<ProofResult> {
  const startedAt = performance.now();
  const meters = meterSettings(options);
  const { keep } = options;
  return withProofSystem({ meters, keep }, context, async (running) => {
    const { faults, transferSeconds } = await loadWithFaults(running, options, context);
    const stock = await takeStock(running);
    return judge({
      ...stock,
      faults,
      totalSeconds: (performance.now() - startedAt) / 1_000,
      transferSeconds,
      readingsPerSecond: stock.readings / transferSeconds,
      peakMebibytes: running.memory.peaks(),
    });
  });
}

async function loadWithFaults(
  { system, watch }: ProofSystem,
  { virtual: count, seed }: ProofOptions,
  { say }: ProofContext,
) {
  const sendingAt = performance.now();
  const { settings } = system;
  const readings = settings.meters.plan?.readings ?? 0;
  await startLoad(watch, { count, seed });
  const faults = await makeFaults({
    watch,
    readings,
    virtualJournal: virtualJournal(settings),
    say,
  });
  const quietAt = await finishLoad(watch, readings);
  say('quiet; counting');
  return { faults, transferSeconds: (quietAt - sendingAt) / 1_000 };
}

function meterSettings(options: ProofOptions): MeterSettings {
  const { meters: count, direct, seed, anomalies, replayFile } = options;
  if (replayFile === undefined) {
    return plannedMeters({ count, direct, seed, readings: options.readings, anomalies });
  }
  const readings = readReplayFile(replayFile).length * count;
  return { ...plannedMeters({ count, direct, seed, readings, anomalies }), replayFile };
}

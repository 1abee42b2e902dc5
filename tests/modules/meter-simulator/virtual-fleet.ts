/** Virtual meters in a test: their turns one after another, without module or database. */
import type { Truth } from '../../../modules/meter-simulator/src/core/ground-truth.ts';
import { MeterBlock } from '../../../modules/meter-simulator/src/core/meter-block.ts';
import {
  VirtualMeter,
  type VirtualMeterSettings,
  type VirtualReading,
} from '../../../modules/meter-simulator/src/core/virtual-meter.ts';

export const START_MS = Date.parse('2026-06-01T00:00:00Z');
export const MINUTE_MS = 60_000;

/** Nothing but spikes and dips. */
export const CALM: VirtualMeterSettings = {
  seed: 7,
  intervalMs: MINUTE_MS,
  injectSpikesAndDips: true,
  levelShiftsPerDay: 0,
  stuckPerDay: 0,
  missingPerDay: 0,
  outagesPerDay: 0,
  outageHours: 72,
  latePercent: 0,
  repeatPercent: 0,
  lateSeconds: 60,
  clockDriftSecondsPerDay: 0,
};

export interface Run {
  readonly readings: VirtualReading[];
  readonly truth: Truth[];
}

export interface RunOptions {
  readonly meters: number;
  readonly turns: number;
  readonly settings?: VirtualMeterSettings;
  /** First turn and block of an earlier run. */
  readonly from?: { readonly turn: number; readonly block: MeterBlock };
  readonly mostBacklog?: number;
  /** Meters that take their turns before the next ones do; changes nothing. */
  readonly together?: number;
}

/** Lets meters measure; readings by meter, in order. */
export function run({
  meters,
  turns,
  settings = CALM,
  from = { turn: 0, block: new MeterBlock() },
  mostBacklog = Number.POSITIVE_INFINITY,
  together = meters,
}: RunOptions): Run[] {
  const runs = Array.from({ length: meters }, (): Run => ({ readings: [], truth: [] }));
  for (let first = 0; first < meters; first += together) {
    for (let turn = from.turn; turn < from.turn + turns; turn += 1) {
      for (let index = first; index < Math.min(meters, first + together); index += 1) {
        const id = `gateway-Virtual${index + 1}`;
        const meter = new VirtualMeter({ block: from.block, index, id }, settings);
        const atMs = START_MS + turn * settings.intervalMs;
        const { readings, truth } = meter.measure({ atMs, installedSeq: START_MS, mostBacklog });
        runs[index]?.readings.push(...readings);
        runs[index]?.truth.push(...truth);
      }
    }
  }
  return runs;
}

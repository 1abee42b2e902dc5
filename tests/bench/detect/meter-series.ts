/** The meters' own generator, with isolated anomalies of ten deviations in known places. */
import {
  initialGeneratorState,
  meterProfile,
  nextReading,
  GATEWAY_SPACING,
} from '../../../modules/meter-simulator/src/core/reading-generator.ts';
import { Random } from '../../../modules/meter-simulator/src/core/random.ts';

/** Standard deviation of the generator's noise, degrees Fahrenheit. */
const NOISE_F = 0.5;
const SIGMAS = 10;
const WARM_UP = 500;
const MEAN_GAP = 1_000;

export interface MeterSeries {
  readonly values: Float64Array;
  /** Positions of the anomalies, ascending. */
  readonly anomalies: readonly number[];
}

export interface MeterSeriesRequest {
  readonly id: string;
  /** Readings. */
  readonly count: number;
  /** From one reading to the next. */
  readonly intervalSeconds: number;
  readonly isQuiet?: boolean;
}

/** One meter's readings; without anomalies when it is to be quiet. */
export function meterSeries({
  id,
  count,
  intervalSeconds,
  isQuiet = false,
}: MeterSeriesRequest): MeterSeries {
  const profile = meterProfile({ ...GATEWAY_SPACING, id, seed: 1 });
  const random = new Random(count);
  const values = new Float64Array(count);
  const anomalies: number[] = [];
  let state = initialGeneratorState({ id, seed: 1 });
  let next = WARM_UP + Math.round(2 * MEAN_GAP * random.uniform());
  for (let index = 0; index < count; index += 1) {
    const atMs = index * intervalSeconds * 1_000;
    const made = nextReading(profile, state, { atMs, injection: 'none' });
    state = made.state;
    values[index] = made.tempF;
    if (isQuiet || index !== next) continue;
    anomalies.push(index);
    values[index] = made.tempF + (random.uniform() < 0.5 ? -1 : 1) * SIGMAS * NOISE_F;
    next += MEAN_GAP / 2 + Math.round(MEAN_GAP * random.uniform());
  }
  return { values, anomalies };
}

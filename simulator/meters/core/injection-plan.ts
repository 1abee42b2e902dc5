/**
 * Spreads a fixed number of readings and injected anomalies over the fleet, for the proof.
 *
 * Invariants:
 * - the same plan and seed give the same injections;
 * - injections keep the warm-up and the distance that a detector needs to find each of them, and
 *   keep away from a meter's last readings, whose windows may stay open.
 */
import {
  DIRECT_SPACING,
  GATEWAY_SPACING,
  type Injection,
  type InjectionSpacing,
} from '../../../modules/meter-simulator/src/core/reading-generator.ts';
import { Random, seedFrom } from '../../../modules/meter-simulator/src/core/random.ts';

/** Readings at a meter's end that stay free of injections. */
const QUIET_END_READINGS = 12;

export interface PlannedMeter {
  readonly id: string;
  readonly isDirect: boolean;
}

export interface MeterPlan {
  readonly readings: number;
  /** By index of the reading, counted from 0. */
  readonly injections: ReadonlyMap<number, Injection>;
}

/** Where a meter keeps its injections. */
export function spacingOf({ isDirect }: Pick<PlannedMeter, 'isDirect'>): InjectionSpacing {
  return isDirect ? DIRECT_SPACING : GATEWAY_SPACING;
}

/**
 * Divides `readings` and `anomalies` among the meters.
 *
 * @throws Error when the anomalies do not fit, with the number that does
 */
export function planFleet(
  meters: readonly PlannedMeter[],
  total: { readonly readings: number; readonly anomalies: number },
  seed: number,
): ReadonlyMap<string, MeterPlan> {
  const counts = meters.map((_, index) => share(total.readings, meters.length, index));
  const capacities = meters.map((meter, index) => capacityOf(meter, counts[index] ?? 0));
  const anomalies = dealOut(total.anomalies, capacities);
  const plans = new Map<string, MeterPlan>();
  for (const [index, meter] of meters.entries()) {
    const readings = counts[index] ?? 0;
    const random = new Random(seedFrom(`${seed}/${meter.id}/plan`));
    const injections = placeInjections(meter, { readings, count: anomalies[index] ?? 0 }, random);
    plans.set(meter.id, { readings, injections });
  }
  return plans;
}

function share(total: number, parts: number, index: number): number {
  return Math.floor(total / parts) + (index < total % parts ? 1 : 0);
}

function capacityOf(meter: PlannedMeter, readings: number): number {
  const { warmUpReadings, gapReadings } = spacingOf(meter);
  const room = readings - QUIET_END_READINGS - warmUpReadings;
  return room <= 0 ? 0 : 1 + Math.floor((room - 1) / gapReadings);
}

/** One each in turn, skipping meters that are full. */
function dealOut(anomalies: number, capacities: readonly number[]): number[] {
  const capacity = capacities.reduce((sum, of) => sum + of, 0);
  if (anomalies > capacity) {
    throw new Error(
      `${anomalies} anomalies do not fit into the planned readings, at most ${capacity} do: ` +
        'a detector needs quiet readings between two of them. Ask for fewer anomalies or more readings.',
    );
  }
  const dealt = capacities.map(() => 0);
  let left = anomalies;
  for (let index = 0; left > 0; index = (index + 1) % dealt.length) {
    const already = dealt[index] ?? 0;
    if (already >= (capacities[index] ?? 0)) continue;
    dealt[index] = already + 1;
    left -= 1;
  }
  return dealt;
}

/** Shares the room that the distances leave over at random among the gaps. */
function placeInjections(
  meter: PlannedMeter,
  { readings, count }: { readonly readings: number; readonly count: number },
  random: Random,
): ReadonlyMap<number, Injection> {
  const { warmUpReadings, gapReadings } = spacingOf(meter);
  const spare = readings - QUIET_END_READINGS - warmUpReadings - 1 - (count - 1) * gapReadings;
  const shifts = Array.from({ length: count }, () => Math.floor(random.uniform() * (spare + 1)));
  shifts.sort((one, other) => one - other);
  return new Map(
    shifts.map((shift, index) => [
      warmUpReadings + index * gapReadings + shift,
      random.uniform() < 0.5 ? 'spike' : 'dip',
    ]),
  );
}

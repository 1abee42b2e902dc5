/**
 * The temperatures of a simulated smart meter: a daily and, if wanted, a weekly curve, noise with
 * memory, and now and then an injected spike or dip that the detector must find.
 *
 * Invariants:
 * - the same seed, meter id and requests give the same readings, bit for bit;
 * - state goes in and comes out, as plain data, so a restarted meter goes on where it stopped;
 * - automatic injections keep the distance and the warm-up of their profile.
 */
import { Random, seedFrom } from './random.ts';

/** Height of an injected spike or depth of a dip, degrees Fahrenheit. */
export const INJECTION_F = 20;

/** Mean readings between two automatic injections of a meter. */
const MEAN_GAP_READINGS = 900;
/** Half the distance between a day's coldest and warmest instant, degrees Fahrenheit. */
const DAILY_AMPLITUDE_F = 2.5;
/** Share of the noise that is carried over to the next reading. */
const NOISE_MEMORY = 0.6;
/** Standard deviation of the noise, degrees Fahrenheit. */
const NOISE_F = 0.5;
const DAY_MS = 86_400_000;
/** From Wednesday noon, the warmest instant of a week, to the epoch, which was a Thursday. */
const WEDNESDAY_NOON_MS = DAY_MS / 2;

export type Injection = 'spike' | 'dip';

/** Readings a detector needs around an injection to find it. */
export interface InjectionSpacing {
  /** No injection among so many first readings. */
  readonly warmUpReadings: number;
  /** At least so many readings from one injection to the next. */
  readonly gapReadings: number;
}

/** Behind a gateway each reading is scored against the 120 before it. */
export const GATEWAY_SPACING: InjectionSpacing = { warmUpReadings: 150, gapReadings: 120 };

/** Without a gateway, means of 30 seconds (three readings of 10 seconds) are scored. */
export const DIRECT_SPACING: InjectionSpacing = { warmUpReadings: 400, gapReadings: 360 };

/** What is constant about one meter. */
export interface MeterProfile extends InjectionSpacing {
  /** Mean of the day, degrees Fahrenheit. */
  readonly baseF: number;
  /** Shift of the curves, milliseconds. */
  readonly phaseMs: number;
  /** Half the distance between a week's coldest and warmest day, degrees Fahrenheit; 0 when absent. */
  readonly weeklyF?: number;
  /** Index of a reading that is injected in any case, counted from 0. */
  readonly certainInjectionAt?: number;
}

/** What changes with every reading; plain data to be stored with it. */
export interface GeneratorState {
  /** State of the random stream. */
  readonly random: number;
  /** Noise of the last reading, degrees Fahrenheit. */
  readonly noiseF: number;
  /** Readings made so far. */
  readonly produced: number;
  /** Readings made since the last injection, or since the first reading. */
  readonly sinceInjection: number;
}

export interface ReadingRequest {
  /** Instant of the reading, epoch milliseconds. */
  readonly atMs: number;
  /** What to inject; `automatic` (the default) leaves it to chance. */
  readonly injection?: Injection | 'none' | 'automatic';
  /** A fixed temperature instead of the curve, degrees Fahrenheit. */
  readonly pinnedF?: number;
}

export interface GeneratedReading {
  /** Degrees Fahrenheit, two decimals. */
  readonly tempF: number;
  readonly injected: Injection | null;
  readonly state: GeneratorState;
}

export interface MeterSeed extends InjectionSpacing {
  readonly id: string;
  readonly seed: number;
  readonly certainInjectionAt?: number;
  readonly weeklyF?: number;
}

/** Character of one meter: up to a degree warmer or colder than 70 °F, its day up to an hour early or late. */
export function meterProfile({ id, seed, ...given }: MeterSeed): MeterProfile {
  const random = new Random(seedFrom(`${seed}/${id}/profile`));
  const baseF = 69 + 2 * random.uniform();
  const phaseMs = Math.round((random.uniform() - 0.5) * (DAY_MS / 12));
  return { ...given, baseF, phaseMs };
}

/** State before the first reading. */
export function initialGeneratorState({
  id,
  seed,
}: Pick<MeterSeed, 'id' | 'seed'>): GeneratorState {
  return { random: seedFrom(`${seed}/${id}`), noiseF: 0, produced: 0, sinceInjection: 0 };
}

/** Makes one reading and the state from which the next one is made. */
export function nextReading(
  profile: MeterProfile,
  state: GeneratorState,
  { atMs, injection = 'automatic', pinnedF }: ReadingRequest,
): GeneratedReading {
  const random = new Random(state.random);
  const innovationF = NOISE_F * Math.sqrt(1 - NOISE_MEMORY ** 2) * random.gaussian();
  const noiseF = NOISE_MEMORY * state.noiseF + innovationF;
  // Both numbers are always drawn, so that a command by hand does not change what chance does later.
  const chance = automaticInjection(profile, state, random);
  const injected = injection === 'automatic' ? chance : injection === 'none' ? null : injection;
  const usualF = pinnedF ?? dailyCurveF(profile, atMs) + weeklyCurveF(profile, atMs) + noiseF;
  return {
    tempF: Math.round((usualF + offsetF(injected)) * 100) / 100,
    injected,
    state: {
      random: random.state,
      noiseF,
      produced: state.produced + 1,
      sinceInjection: injected === null ? state.sinceInjection + 1 : 0,
    },
  };
}

/** A day's temperatures without noise, degrees Fahrenheit: coldest at 04:00 UTC, warmest at 16:00. */
export function dailyCurveF({ baseF, phaseMs }: MeterProfile, atMs: number): number {
  const ofDay = (atMs + phaseMs) / DAY_MS - 10 / 24;
  return baseF + DAILY_AMPLITUDE_F * Math.sin(2 * Math.PI * ofDay);
}

/** What the week adds to the day, degrees Fahrenheit: least on Sunday at 00:00 UTC. */
export function weeklyCurveF({ phaseMs, weeklyF = 0 }: MeterProfile, atMs: number): number {
  if (weeklyF === 0) return 0;
  const ofWeek = (atMs + phaseMs + WEDNESDAY_NOON_MS) / (7 * DAY_MS);
  return weeklyF * Math.cos(2 * Math.PI * ofWeek);
}

function automaticInjection(
  profile: MeterProfile,
  { produced, sinceInjection }: GeneratorState,
  random: Random,
): Injection | null {
  const isDue = random.uniform() * (MEAN_GAP_READINGS - profile.gapReadings) < 1;
  const kind = random.uniform() < 0.5 ? 'spike' : 'dip';
  if (produced === profile.certainInjectionAt) return kind;
  const isNearCertain =
    profile.certainInjectionAt !== undefined &&
    produced < profile.certainInjectionAt &&
    profile.certainInjectionAt - produced < profile.gapReadings;
  const isAllowed = produced >= profile.warmUpReadings && sinceInjection >= profile.gapReadings;
  return isDue && isAllowed && !isNearCertain ? kind : null;
}

function offsetF(injected: Injection | null): number {
  if (injected === null) return 0;
  return injected === 'spike' ? INJECTION_F : -INJECTION_F;
}

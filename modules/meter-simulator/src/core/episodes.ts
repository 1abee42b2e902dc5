/**
 * What goes on at a virtual meter for a while: a shifted level, a stuck sensor, readings that are
 * never sent, and an outage after which they all come at once.
 *
 * Invariants:
 * - a meter is in one episode at a time;
 * - as many random numbers are drawn for a reading whatever the rates are, so that a rate changes
 *   nothing but its own kind of episode.
 */
import type { Random } from './random.ts';

/** Kinds by number, as a block stores them. */
export const EPISODES = ['none', 'level-shift', 'stuck', 'missing', 'outage'] as const;
export type Episode = (typeof EPISODES)[number];

/** Mean episodes of one meter in a day, and how long an outage lasts at most. */
export interface EpisodeRates {
  readonly levelShiftsPerDay: number;
  readonly stuckPerDay: number;
  readonly missingPerDay: number;
  readonly outagesPerDay: number;
  readonly outageHours: number;
}

/** An episode that begins. */
export interface NewEpisode {
  readonly episode: Exclude<Episode, 'none'>;
  /** How many readings it lasts; of an outage, 0. */
  readonly readings: number;
  /** Of a level shift, degrees Fahrenheit. */
  readonly shiftF: number;
  /** Of an outage, milliseconds. */
  readonly lastsMs: number;
}

const DAY_MS = 86_400_000;
const HOUR_MS = 3_600_000;
/** Least and most readings of an episode. */
const LENGTHS = { 'level-shift': [60, 240], stuck: [20, 60], missing: [1, 20] } as const;
/** Least and most that a level shifts, degrees Fahrenheit: 6 to 12 deviations of the noise. */
const SHIFT_F = [3, 6] as const;
/** Share of `outageHours` that an outage lasts at least. */
const SHORTEST_OUTAGE = 0.1;

/** Draws whether an episode begins with this reading. */
export function drawEpisode(
  rates: EpisodeRates,
  intervalMs: number,
  random: Random,
): NewEpisode | undefined {
  const chosen = (random.uniform() * DAY_MS) / intervalMs;
  const length = random.uniform();
  const size = random.uniform();
  const episode = chosenEpisode(rates, chosen);
  if (episode === undefined) return undefined;
  const [least, most] = episode === 'outage' ? [0, 0] : LENGTHS[episode];
  const height = SHIFT_F[0] + (SHIFT_F[1] - SHIFT_F[0]) * length;
  const share = SHORTEST_OUTAGE + (1 - SHORTEST_OUTAGE) * length;
  return {
    episode,
    readings: least + Math.floor((most - least + 1) * length),
    shiftF: Math.round(size < 0.5 ? -height * 100 : height * 100) / 100,
    lastsMs: Math.round(share * rates.outageHours * HOUR_MS),
  };
}

/** @param chosen uniform between 0 and the readings of a day */
function chosenEpisode(rates: EpisodeRates, chosen: number): NewEpisode['episode'] | undefined {
  let upTo = 0;
  const shares = [
    ['level-shift', rates.levelShiftsPerDay],
    ['stuck', rates.stuckPerDay],
    ['missing', rates.missingPerDay],
    ['outage', rates.outagesPerDay],
  ] as const;
  for (const [episode, perDay] of shares) {
    upTo += perDay;
    if (chosen < upTo) return episode;
  }
  return undefined;
}

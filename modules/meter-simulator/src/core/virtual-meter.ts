/**
 * One virtual meter: measures when it is its turn, through episodes and with a clock of its own.
 *
 * Invariants:
 * - the same seed, id, settings and turns give the same readings and ground truth, bit for bit,
 *   however the turns are divided among processes;
 * - readings are numbered without gaps and without repeats from the instant of installation on; a
 *   number is left out on the way only if the ground truth says so;
 * - the backlog of an outage is what the meter would have sent without it.
 */
import { drawEpisode, EPISODES, type Episode, type EpisodeRates } from './episodes.ts';
import type { Truth, TruthKind } from './ground-truth.ts';
import type { MeterBlock } from './meter-block.ts';
import { Random, seedFrom } from './random.ts';
import {
  GATEWAY_SPACING,
  INJECTION_F,
  initialGeneratorState,
  meterProfile,
  nextReading,
  type Injection,
  type MeterProfile,
} from './reading-generator.ts';
import { drawSending, driftedMs, driftOf, type Sending, type SendingFaults } from './sending.ts';

/** How the meters of a gateway behave. */
export interface VirtualMeterSettings extends EpisodeRates, SendingFaults {
  readonly seed: number;
  readonly intervalMs: number;
  /** Whether spikes and dips are injected now and then. */
  readonly injectSpikesAndDips: boolean;
  /** Most that a clock gains or loses in a day, seconds. */
  readonly clockDriftSecondsPerDay: number;
}

/** Which meter of a block it is. */
export interface MeterPlace {
  readonly block: MeterBlock;
  readonly index: number;
  readonly id: string;
}

/** A turn of the meter. */
export interface MeterTurn {
  /** Instant of the reading, epoch milliseconds. */
  readonly atMs: number;
  /** First number of a meter that is installed now. */
  readonly installedSeq: number;
  /** How many readings of a backlog it may send now. */
  readonly mostBacklog: number;
}

/** A reading on its way. */
export interface VirtualReading {
  readonly id: string;
  /** As the meter's clock has it, epoch milliseconds. */
  readonly atMs: number;
  readonly temp: number;
  readonly seq: number;
  readonly injected: Injection | null;
  readonly sending: Sending;
}

/** What came of a turn. */
export interface Measured {
  readonly readings: readonly VirtualReading[];
  readonly truth: readonly Truth[];
}

/** Half the distance between a week's coldest and warmest day, degrees Fahrenheit. */
const WEEKLY_F = 1;
const AT_ONCE: Sending = { lateMs: undefined, repeatMs: undefined };

export class VirtualMeter {
  readonly #place: MeterPlace;
  readonly #settings: VirtualMeterSettings;
  readonly #profile: MeterProfile;
  #readings: VirtualReading[] = [];
  #truth: Truth[] = [];

  constructor(place: MeterPlace, settings: VirtualMeterSettings) {
    this.#place = place;
    this.#settings = settings;
    const { seed } = settings;
    this.#profile = meterProfile({ id: place.id, seed, ...GATEWAY_SPACING, weeklyF: WEEKLY_F });
  }

  /** Takes its turn. */
  measure(turn: MeterTurn): Measured {
    const { block, index } = this.#place;
    if (block.nextSeq[index] === 0) this.#install(turn.installedSeq);
    const random = new Random(block.chance[index] ?? 0);
    const begins = drawEpisode(this.#settings, this.#settings.intervalMs, random);
    const sending = drawSending(this.#settings, random);
    block.chance[index] = random.state;
    this.#noteDrift(turn.atMs);
    if (this.#episode === 'none' && begins !== undefined) {
      const { episode, shiftF, readings, lastsMs } = begins;
      block.episodeF[index] = shiftF;
      block.unsentMs[index] = turn.atMs;
      block.returnMs[index] = turn.atMs + lastsMs;
      this.#begin(episode, turn.atMs, readings);
    }
    if (this.#episode === 'outage') this.#sendBacklog(turn);
    else this.#measureOne(turn.atMs, sending);
    return this.#taken();
  }

  /** Begins its series anew, as after a change of seed; numbers go on. */
  restart(atMs: number): Measured {
    const { block, index } = this.#place;
    if (this.#episode !== 'none') this.#end(this.#timeOf(atMs));
    if (block.nextSeq[index] !== 0) this.#install(block.nextSeq[index] ?? 0);
    return this.#taken();
  }

  get #episode(): Episode {
    const { block, index } = this.#place;
    return EPISODES[block.episode[index] ?? 0] ?? 'none';
  }

  #install(firstSeq: number): void {
    const { block, index, id } = this.#place;
    const { seed } = this.#settings;
    block.nextSeq[index] = firstSeq;
    block.random[index] = initialGeneratorState({ id, seed }).random;
    block.chance[index] = seedFrom(`${seed}/${id}/episodes`);
    block.noiseF[index] = 0;
    block.produced[index] = 0;
    block.sinceInjection[index] = 0;
  }

  #measureOne(atMs: number, sending: Sending): void {
    const { block, index } = this.#place;
    const episode = this.#episode;
    const reading = this.#make(atMs, sending);
    if (episode !== 'missing') this.#readings.push(reading);
    if (episode === 'none') return;
    const left = (block.episodeReadings[index] ?? 1) - 1;
    block.episodeReadings[index] = left;
    if (left === 0) this.#end(reading.atMs);
  }

  #sendBacklog({ atMs, mostBacklog }: MeterTurn): void {
    const { block, index } = this.#place;
    if (atMs < (block.returnMs[index] ?? 0)) return;
    let unsentMs = block.unsentMs[index] ?? atMs;
    let lastMs = unsentMs;
    for (let sent = 0; sent < mostBacklog && unsentMs <= atMs; sent += 1) {
      const reading = this.#make(unsentMs, AT_ONCE);
      this.#readings.push(reading);
      block.episodeReadings[index] = (block.episodeReadings[index] ?? 0) + 1;
      lastMs = reading.atMs;
      unsentMs += this.#settings.intervalMs;
    }
    block.unsentMs[index] = unsentMs;
    if (unsentMs > atMs) this.#end(lastMs);
  }

  /** The next reading, and the state after it. */
  #make(atMs: number, sending: Sending): VirtualReading {
    const { block, index, id } = this.#place;
    const episode = this.#episode;
    const isUsual = episode === 'none' || episode === 'outage';
    const injects = isUsual && this.#settings.injectSpikesAndDips;
    const { tempF, injected, state } = nextReading(
      this.#profile,
      {
        random: block.random[index] ?? 0,
        noiseF: block.noiseF[index] ?? 0,
        produced: block.produced[index] ?? 0,
        sinceInjection: block.sinceInjection[index] ?? 0,
      },
      { atMs, injection: injects ? 'automatic' : 'none' },
    );
    block.random[index] = state.random;
    block.noiseF[index] = state.noiseF;
    block.produced[index] = state.produced;
    block.sinceInjection[index] = state.sinceInjection;
    const seq = block.nextSeq[index] ?? 0;
    block.nextSeq[index] = seq + 1;
    const timeMs = this.#timeOf(atMs);
    if (injected !== null) {
      const size = injected === 'spike' ? INJECTION_F : -INJECTION_F;
      this.#note(injected, { fromMs: timeMs, toMs: timeMs, size });
    }
    return { id, atMs: timeMs, temp: this.#inEpisode(tempF), seq, injected, sending };
  }

  #inEpisode(tempF: number): number {
    const { block, index } = this.#place;
    const episode = this.#episode;
    if (episode === 'level-shift') {
      return Math.round((tempF + (block.episodeF[index] ?? 0)) * 100) / 100;
    }
    if (episode !== 'stuck') return tempF;
    // It is stuck at what it measured first.
    if (Number.isNaN(block.episodeF[index])) {
      block.episodeF[index] = tempF;
      this.#noteEpisode(undefined);
    }
    return block.episodeF[index] ?? tempF;
  }

  #begin(episode: Episode, atMs: number, readings: number): void {
    const { block, index } = this.#place;
    block.episode[index] = EPISODES.indexOf(episode);
    block.episodeReadings[index] = readings;
    block.episodeFromMs[index] = this.#timeOf(atMs);
    if (episode === 'stuck') block.episodeF[index] = Number.NaN;
    else {
      if (episode === 'missing') block.episodeF[index] = readings;
      this.#noteEpisode(undefined);
    }
  }

  #end(toMs: number): void {
    const { block, index } = this.#place;
    this.#noteEpisode(toMs);
    block.episode[index] = 0;
  }

  #noteEpisode(toMs: number | undefined): void {
    const { block, index } = this.#place;
    const episode = this.#episode;
    if (episode === 'none') return;
    const size = episode === 'outage' ? block.episodeReadings[index] : block.episodeF[index];
    this.#note(episode, { fromMs: block.episodeFromMs[index] ?? 0, toMs, size: size ?? 0 });
  }

  /** A clock that begins to drift, or does so differently, is worth a line. */
  #noteDrift(atMs: number): void {
    const { block, index, id } = this.#place;
    const drift = driftOf(id, this.#settings.clockDriftSecondsPerDay);
    if (drift === block.driftSeconds[index]) return;
    block.driftSeconds[index] = drift;
    this.#note('clock-drift', { fromMs: atMs, toMs: undefined, size: drift });
  }

  #timeOf(atMs: number): number {
    const { block, index, id } = this.#place;
    return driftedMs(id, block.driftSeconds[index] ?? 0, atMs);
  }

  #note(kind: TruthKind, what: Omit<Truth, 'meter' | 'kind'>): void {
    this.#truth.push({ meter: this.#place.id, kind, ...what });
  }

  #taken(): Measured {
    const taken = { readings: this.#readings, truth: this.#truth };
    this.#readings = [];
    this.#truth = [];
    return taken;
  }
}

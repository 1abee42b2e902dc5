/** Where a meter's readings come from: the generator, a plan for the proof, or a recorded file. */
import {
  meterProfile,
  nextReading,
  type GeneratorState,
  type Injection,
  type MeterSeed,
} from '../../modules/meter-simulator/src/core/reading-generator.ts';
import type { MeterPlan } from './core/injection-plan.ts';
import type { NewReading } from './journal.ts';
import type { RecordedReading } from './replay-file.ts';

export interface SourceRequest {
  /** Now, epoch milliseconds; recordings and plans have instants of their own. */
  readonly atMs: number;
  /** Injected by hand. */
  readonly injection?: Injection;
  readonly pinnedTemp?: number;
}

export interface SourcedReading extends NewReading {
  readonly state: GeneratorState;
}

export interface ReadingSource {
  /** The reading after `state`, or `undefined` when there are no more. */
  next(state: GeneratorState, request: SourceRequest): SourcedReading | undefined;
}

/** Readings for ever, each at the instant it is asked for. */
export function generatedSource(meter: MeterSeed): ReadingSource {
  const profile = meterProfile(meter);
  return {
    next: (state, { atMs, injection, pinnedTemp }) => {
      const pinned = pinnedTemp === undefined ? {} : { pinnedF: pinnedTemp };
      const inject = injection === undefined ? {} : { injection };
      return { atMs, ...nextReading(profile, state, { atMs, ...inject, ...pinned }) };
    },
  };
}

/** A fixed number of readings, `intervalMs` apart, the last at `endMs`. */
export function plannedSource(
  meter: MeterSeed,
  { readings, injections }: MeterPlan,
  { intervalMs, endMs }: { readonly intervalMs: number; readonly endMs: number },
): ReadingSource {
  const profile = meterProfile(meter);
  return {
    next: (state) => {
      if (state.produced >= readings) return undefined;
      const atMs = endMs - (readings - 1 - state.produced) * intervalMs;
      const injection = injections.get(state.produced) ?? 'none';
      return { atMs, ...nextReading(profile, state, { atMs, injection }) };
    },
  };
}

/** The rows of a recording, each once, with their own instants. */
export function replaySource(rows: readonly RecordedReading[]): ReadingSource {
  return {
    next: (state) => {
      const row = rows[state.produced];
      if (row === undefined) return undefined;
      const produced = state.produced + 1;
      return { ...row, injected: null, state: { ...state, produced } };
    },
  };
}

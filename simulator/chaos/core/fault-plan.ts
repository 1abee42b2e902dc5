/**
 * The faults of a run, worked out from the seed alone.
 *
 * Invariants:
 * - the same options give the same faults in the same order, with the same pauses;
 * - there are exactly as many kills as asked for, and at least one fault of every kind;
 * - every target gets its share of kills.
 */
import { Random, seedFrom } from '../../../modules/meter-simulator/src/core/random.ts';
import { TEARS, type Tear } from './torn-write.ts';

/** What is killed, stopped and torn: the modules of the manifest, and edgeHub. */
export const TARGETS = [
  'averager',
  'anomaly-detector',
  'store-and-forward',
  'meter-simulator',
  'edge-hub',
] as const;
export type Target = (typeof TARGETS)[number];
export type ModuleTarget = Exclude<Target, 'edge-hub'>;

/** One fault; durations in milliseconds. */
export type Fault =
  | { readonly kind: 'kill'; readonly target: Target; readonly downMs: number }
  /** Killed, and then again so long after each start. */
  | { readonly kind: 'kill at start'; readonly target: Target; readonly livedMs: readonly number[] }
  /** Killed, and the end of its write-ahead log damaged before the next start. */
  | { readonly kind: 'torn write'; readonly target: Target; readonly tear: Tear }
  /** SIGSTOP, and SIGCONT after so long. */
  | { readonly kind: 'stop'; readonly target: Target; readonly forMs: number }
  | { readonly kind: 'full disk'; readonly target: ModuleTarget; readonly forMs: number }
  | { readonly kind: 'cut link'; readonly forMs: number }
  | { readonly kind: 'kill of edgeAgent' };
export type FaultKind = Fault['kind'];

/** A fault, and how long after the one before it comes. */
export interface PlannedFault {
  readonly fault: Fault;
  readonly pauseMs: number;
}

export interface FaultPlanOptions {
  /** Of modules and edgeHub. */
  readonly kills: number;
  readonly seed: number;
}

/** The fewest kills that hold every kind: two tears, a burst of two, and every target once. */
export const FEWEST_KILLS = 8;

/** Mean pause between two faults; the shortest and the longest are its tenth and its threefold. */
const PAUSE_MS = 1_100;
const LONGEST_DOWN_MS = 1_500;
/** A module needs half a second to load, and another to be connected. */
const LONGEST_LIFE_MS = 900;
const TORN_SHARE = 0.25;
const AT_START_SHARE = 0.15;
/** Faults of other kinds: one for so many kills. */
const KILLS_PER = { stop: 80, fullDisk: 25, cut: 20, edgeAgent: 50 };
/** The longest stop, at a full-size run and at the smallest one. */
const LONGEST_STOP_MS = 60_000;
const SHORTEST_LONG_STOP_MS = 3_000;

/** The faults of a run, in order. */
export function planFaults({ kills, seed }: FaultPlanOptions): PlannedFault[] {
  const random = new Random(seedFrom(`${seed}/chaos`));
  const longestMs = clamp(kills * 75, SHORTEST_LONG_STOP_MS, LONGEST_STOP_MS);
  const faults = shuffled(
    [...killFaults(kills, random), ...others(kills, longestMs, random)],
    random,
  );
  return faults.map((fault) => ({ fault, pauseMs: pauseMs(random) }));
}

/** How many kills of modules and edgeHub a fault is. */
export function killsIn(fault: Fault): number {
  switch (fault.kind) {
    case 'kill':
    case 'torn write':
      return 1;
    case 'kill at start':
      return 1 + fault.livedMs.length;
    case 'stop':
    case 'full disk':
    case 'cut link':
    case 'kill of edgeAgent':
      return 0;
  }
}

function killFaults(kills: number, random: Random): Fault[] {
  const target = dealer(TARGETS, random);
  const tear = dealer(TEARS, random);
  const torn = Math.max(2, Math.round(kills * TORN_SHARE));
  let atStart = Math.max(2, Math.round(kills * AT_START_SHARE));
  const faults: Fault[] = [];
  for (let count = 0; count < torn; count += 1) {
    faults.push({ kind: 'torn write', target: target(), tear: tear() });
  }
  while (atStart >= 2) {
    const burst = Math.min(atStart, 2 + Math.floor(random.uniform() * 3));
    const livedMs = Array.from({ length: burst - 1 }, () => uniform(10, LONGEST_LIFE_MS, random));
    faults.push({ kind: 'kill at start', target: target(), livedMs });
    atStart -= burst;
  }
  const made = faults.reduce((sum, fault) => sum + killsIn(fault), 0);
  for (let count = made; count < kills; count += 1) {
    faults.push({ kind: 'kill', target: target(), downMs: uniform(0, LONGEST_DOWN_MS, random) });
  }
  return faults;
}

function others(kills: number, longestMs: number, random: Random): Fault[] {
  const target = dealer(TARGETS, random);
  const module = dealer(
    TARGETS.filter((name) => name !== 'edge-hub'),
    random,
  );
  const some = (per: number, make: (index: number) => Fault) =>
    Array.from({ length: Math.max(1, Math.round(kills / per)) }, (_, index) => make(index));
  return [
    ...some(KILLS_PER.stop, (index) => ({
      kind: 'stop',
      target: target(),
      forMs: index === 0 ? longestMs : uniform(longestMs / 6, longestMs, random),
    })),
    ...some(KILLS_PER.fullDisk, () => ({
      kind: 'full disk',
      target: module(),
      forMs: uniform(longestMs / 10, longestMs / 5, random) + 1_000,
    })),
    ...some(KILLS_PER.cut, () => ({
      kind: 'cut link',
      forMs: uniform(longestMs / 20, longestMs / 2, random),
    })),
    ...some(KILLS_PER.edgeAgent, () => ({ kind: 'kill of edgeAgent' })),
  ];
}

/** Gives each of the values before any of them again. */
function dealer<T>(values: readonly T[], random: Random): () => T {
  let hand: T[] = [];
  return () => {
    if (hand.length === 0) hand = shuffled(values, random);
    const next = hand.pop();
    if (next === undefined) throw new RangeError('there is nothing to deal');
    return next;
  };
}

function shuffled<T>(values: readonly T[], random: Random): T[] {
  return values
    .map((value) => ({ value, place: random.uniform() }))
    .toSorted((one, other) => one.place - other.place)
    .map(({ value }) => value);
}

function pauseMs(random: Random): number {
  // Exponential without a logarithm would need a table; a square is as uneven as one needs.
  const unevenness = random.uniform() ** 2 * 3;
  return Math.round(PAUSE_MS * clamp(unevenness, 0.1, 3));
}

function uniform(lowest: number, highest: number, random: Random): number {
  return Math.round(lowest + random.uniform() * (highest - lowest));
}

function clamp(value: number, lowest: number, highest: number): number {
  return Math.min(Math.max(value, lowest), highest);
}

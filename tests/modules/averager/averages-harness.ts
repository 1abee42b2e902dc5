/** Averages over a disk in memory, and what a meter may send them. */
import assert from 'node:assert/strict';
import fc from 'fast-check';
import type { IssuedAverage, Moment } from '../../../modules/averager/src/core/averages.ts';
import type { MeterState } from '../../../modules/averager/src/core/meters-on-disk.ts';
import { TumblingAverages } from '../../../modules/averager/src/core/tumbling-averages.ts';
import type { PastLength } from '../../../modules/averager/src/core/window-lengths.ts';
import type { Sample, WindowState } from '../../../modules/averager/src/core/window.ts';

export const DAY_MS = 86_400_000;
export const CONFIG = {
  windowMs: 300_000,
  latenessMs: 30_000,
  silenceMs: 60_000,
  horizonMs: 30 * DAY_MS,
};
export const NOON_MS = Date.parse('2026-06-01T12:00:00Z');

/** A disk in memory, and averages over it that can be stopped at any point. */
export class Harness {
  readonly issued: IssuedAverage[] = [];
  readonly #windows = new Map<string, WindowState>();
  readonly #meters = new Map<string, MeterState>();
  readonly #mostInMemory: number;
  readonly #latestAllowedMs: number | undefined;
  #averages: TumblingAverages;
  #config = CONFIG;

  /** @param latestAllowedMs what the gateway's clock says, if it is known to be right */
  constructor(mostInMemory = 100, latestAllowedMs?: number) {
    this.#mostInMemory = mostInMemory;
    this.#latestAllowedMs = latestAllowedMs;
    this.#averages = this.#open();
  }

  take(...samples: Sample[]): void {
    for (const sample of samples) this.#averages.take(sample, 0);
    this.#settle(this.#averages.issueByWatermark());
  }

  outcome(sample: Sample) {
    return this.#averages.take(sample, 0);
  }

  at(moment: Partial<Moment>): void {
    const whole = { monotonicMs: 0, wallMs: undefined, inputIdle: true, ...moment };
    const isDue = this.#averages.due(whole);
    const issued = this.#averages.issueByTime(whole);
    assert.ok(isDue || issued.length === 0);
    this.#settle(issued);
  }

  configure(config: typeof CONFIG): void {
    this.#config = config;
    this.#averages.configure(config);
    this.#settle(this.#averages.issueByWatermark());
  }

  restart(): void {
    this.#averages = this.#open(this.#averages.lengths.past);
  }

  /** The last revision of each window. */
  get results(): Map<string, Omit<IssuedAverage, 'revision'>> {
    return new Map(
      this.issued.map(({ revision: _revision, ...result }) => [
        `${result.id} ${result.windowEndMs}`,
        result,
      ]),
    );
  }

  #open(pastLengths: readonly PastLength[] = []): TumblingAverages {
    const changedOf = (id: string) =>
      [...this.#windows].flatMap(([key, state]) => {
        const [of = '', end] = key.split(' ');
        return of === id && state.changed ? [{ id, windowEndMs: Number(end), state }] : [];
      });
    const disk = {
      window: (id: string, end: number) => this.#windows.get(`${id} ${end}`),
      meter: (id: string) => {
        const state = this.#meters.get(id);
        return state === undefined ? undefined : { state, changed: changedOf(id) };
      },
    };
    const latestMs = Math.max(...[...this.#meters.values()].map((meter) => meter.latestMs));
    const before = { mostInMemory: this.#mostInMemory, pastLengths, latestMs };
    const averages = new TumblingAverages(this.#config, disk, before);
    averages.latestAllowedMs = this.#latestAllowedMs;
    for (const id of this.#meters.keys()) if (changedOf(id).length > 0) averages.resume(id, 0);
    return averages;
  }

  #settle(issued: IssuedAverage[]): void {
    this.issued.push(...issued);
    const { windows, meters } = this.#averages.takeChanges();
    for (const { id, windowEndMs, state } of windows) {
      this.#windows.set(`${id} ${windowEndMs}`, structuredClone(state));
    }
    for (const meter of meters) this.#meters.set(meter.id, meter);
    this.#averages.rest();
  }
}

/** A reading of the first meter, so many seconds after noon. */
export const sample = (seconds: number, temp: number, seq: number | 'none' = seconds): Sample => ({
  id: 'Meter01',
  atMs: NOON_MS + seconds * 1_000,
  temp,
  seq: seq === 'none' ? undefined : seq,
});

/** Readings of an hour, in any order. */
export const readings = fc.array(
  fc.record({
    id: fc.constantFrom('Meter01', 'Meter02'),
    atMs: fc.integer({ min: 0, max: 3_600 }).map((seconds) => NOON_MS + seconds * 1_000),
    temp: fc.double({ min: 50, max: 90, noNaN: true }),
    seq: fc.option(fc.nat(1_000), { nil: undefined }),
  }),
  { maxLength: 60 },
);

/** One reading for each identity: what a meter can have measured. */
export function consistent(samples: readonly Sample[]): Sample[] {
  const known = new Map<string, Sample>();
  for (const one of samples) {
    const key =
      one.seq === undefined ? `${one.id} ${one.atMs} ${one.temp}` : `${one.id}#${one.seq}`;
    if (!known.has(key)) known.set(key, one);
  }
  return [...known.values()];
}

/** Orders samples in a way that the seed decides. */
export function hash({ atMs, temp, seq }: Sample, seed: number): number {
  return Math.sin(atMs / 1_000 + temp * 7 + (seq ?? 0) * 13 + seed);
}

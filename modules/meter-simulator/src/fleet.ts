/**
 * All virtual meters of a gateway: whose turn it is, and what they measured.
 *
 * Invariants:
 * - meters measure only while the module runs and has room for their readings; what was due meanwhile
 *   is counted and noted in the ground truth, and nothing is made up afterwards;
 * - one commit measures no more than one commit should hold.
 */
import { firstNumber } from '../../shared/src/clock-watch.ts';
import type { Truth } from './core/ground-truth.ts';
import { BLOCK_METERS, MeterBlock } from './core/meter-block.ts';
import { Schedule, type Turn } from './core/schedule.ts';
import {
  VirtualMeter,
  type Measured,
  type VirtualMeterSettings,
  type VirtualReading,
} from './core/virtual-meter.ts';
import type { FleetStore, StoredBlock } from './fleet-store.ts';
import type { SteadyClock } from './steady-clock.ts';

/** Blocks that measure in one commit. */
const MOST_BLOCKS = 8;
/** Readings of backlogs that one block sends in one turn. */
const MOST_BACKLOG = 5_000;

export interface FleetOptions extends VirtualMeterSettings {
  readonly meters: number;
}

/** What one look at the fleet gave. */
export interface FleetReadings {
  /** Block by block; none empty. */
  readonly batches: readonly (readonly VirtualReading[])[];
  readonly truth: readonly Truth[];
}

export class Fleet {
  readonly #store: FleetStore;
  readonly #clock: SteadyClock;
  readonly #gateway: string;
  readonly #blocks: Map<number, StoredBlock>;
  #options: FleetOptions;
  #schedule: Schedule | undefined;

  constructor(
    parts: { readonly store: FleetStore; readonly clock: SteadyClock; readonly gateway: string },
    options: FleetOptions,
  ) {
    this.#store = parts.store;
    this.#clock = parts.clock;
    this.#gateway = parts.gateway;
    this.#blocks = parts.store.blocks();
    this.#options = options;
    this.#schedule = this.#newSchedule();
  }

  configure(options: FleetOptions): void {
    const { meters, intervalMs } = this.#options;
    this.#options = options;
    if (meters === options.meters && intervalMs === options.intervalMs) return;
    this.#schedule = this.#newSchedule();
  }

  /** How long ago the next block should have measured, milliseconds. */
  get behindMs(): number {
    return this.#schedule?.behindMs(this.#clock.nowMs()) ?? 0;
  }

  get isDue(): boolean {
    return this.#schedule?.isDue(this.#clock.nowMs()) ?? false;
  }

  /** Lets the blocks measure whose turn it is; none when there is no room for readings. */
  measure(hasRoom: boolean): FleetReadings {
    const truth: Truth[] = [];
    const batches: VirtualReading[][] = [];
    if (this.#clock.hasStepped) {
      this.#clock.follow();
      this.#schedule = this.#newSchedule();
    }
    const nowMs = this.#clock.nowMs();
    truth.push(...this.#leaveOut(nowMs));
    for (let count = 0; hasRoom && count < MOST_BLOCKS; count += 1) {
      const turn = this.#schedule?.take(nowMs);
      if (turn === undefined) break;
      const readings: VirtualReading[] = [];
      for (const measured of this.#measureBlock(turn)) {
        readings.push(...measured.readings);
        truth.push(...measured.truth);
      }
      if (readings.length > 0) batches.push(readings);
    }
    return { batches, truth };
  }

  #newSchedule(): Schedule | undefined {
    const { meters, intervalMs } = this.#options;
    if (meters === 0) return undefined;
    const shape = { blocks: Math.ceil(meters / BLOCK_METERS), intervalMs };
    return new Schedule(shape, this.#clock.nowMs());
  }

  #metersOf(block: number): number {
    return Math.min(BLOCK_METERS, this.#options.meters - block * BLOCK_METERS);
  }

  #measureBlock({ block: number, atMs }: Turn): Measured[] {
    const { seed } = this.#options;
    const known = this.#blocks.get(number);
    const stored = known ?? { block: new MeterBlock(), seed };
    this.#blocks.set(number, stored);
    const measured: Measured[] = [];
    const isRestarted = stored.seed !== seed;
    stored.seed = seed;
    let mostBacklog = MOST_BACKLOG;
    for (let index = 0; index < this.#metersOf(number); index += 1) {
      const id = this.#idOf(number * BLOCK_METERS + index + 1);
      const meter = new VirtualMeter({ block: stored.block, index, id }, this.#options);
      if (isRestarted) measured.push(meter.restart(atMs));
      const one = meter.measure({
        atMs,
        installedSeq: Math.floor(firstNumber(this.#clock)),
        mostBacklog,
      });
      mostBacklog = Math.max(0, mostBacklog - Math.max(0, one.readings.length - 1));
      measured.push(one);
    }
    this.#store.writeBlock(number, stored);
    return measured;
  }

  /** Ids carry the gateway's, so that they are unique in the cloud. */
  #idOf(number: number): string {
    return `${this.#gateway}-Virtual${String(number).padStart(2, '0')}`;
  }

  /** What could not be measured in time. */
  #leaveOut(nowMs: number): Truth[] {
    const left = this.#schedule?.leaveOut(nowMs) ?? new Map<number, number>();
    const sizes = [...left].map(([block, rounds]) => rounds * this.#metersOf(block));
    const size = sizes.reduce((sum, one) => sum + one, 0);
    if (size === 0) return [];
    const toMs = nowMs - this.#options.intervalMs;
    const fromMs = Math.min(
      toMs,
      nowMs - this.#options.intervalMs * (1 + Math.max(...left.values())),
    );
    return [{ meter: '*', fromMs, toMs, kind: 'not-measured', size }];
  }
}

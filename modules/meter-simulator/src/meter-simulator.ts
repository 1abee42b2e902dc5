/**
 * Virtual meters of the gateway: readings in batches on the output `readings`.
 *
 * Invariants:
 * - a message, the meters' state after it, the journal and the ground truth of it are one commit;
 * - when edgeHub takes nothing for long, the meters stop measuring instead of filling the disk.
 */
import { z } from 'zod';
import { firstNumber } from '../../shared/src/clock-watch.ts';
import type { DurableCore } from '../../shared/src/durable-core.ts';
import type { Effects } from '../../shared/src/effects.ts';
import type { InputMessage } from '../../shared/src/edge-client.ts';
import { KeptValues } from '../../shared/src/kept-values.ts';
import type { CoreContext, ModuleDefinition } from '../../shared/src/module-definition.ts';
import type { Reading } from '../../shared/src/wire-contract.ts';
import { MeterSimulatorConfig } from './config.ts';
import type { Truth } from './core/ground-truth.ts';
import type { VirtualReading } from './core/virtual-meter.ts';
import {
  FLEET_SCHEMA,
  FleetStore,
  FORGET_EARLIER_METERS,
  type HeldReading,
} from './fleet-store.ts';
import { Fleet, type FleetOptions } from './fleet.ts';
import { GroundTruthCounts } from './ground-truth-counts.ts';
import { GroundTruthFile, TRUTH_SCHEMA } from './ground-truth-file.ts';
import { Journal, JOURNAL_SCHEMA } from './journal.ts';
import { PunctualityLog } from './punctuality-log.ts';
import { SteadyClock } from './steady-clock.ts';

export const meterSimulator: ModuleDefinition<typeof MeterSimulatorConfig.shape> = {
  databaseName: 'journal.db',
  migrations: [
    FORGET_EARLIER_METERS,
    FORGET_EARLIER_METERS + FLEET_SCHEMA + JOURNAL_SCHEMA + TRUTH_SCHEMA,
  ],
  schema: MeterSimulatorConfig,
  start: (context, config) => new MeterSimulator(context, config),
};

/** Shares of `maxDiskBytes`. */
const JOURNAL_SHARE = 1 / 2;
const OUTBOX_SHARE = 1 / 4;
/** Readings that may be held back; more are sent at once. */
const MOST_HELD = 100_000;
const MOST_RELEASED = 2_000;
const TRUTH_EVERY_MS = 2_000;

const NEXT_NUMBER = 'next reading number';
const MEASURED = 'measured readings';
const Count = z.int();

/** What one message carries, and what of it is in the journal already. */
interface Parcel {
  readonly reading: Reading;
  readonly injected: 'spike' | 'dip' | null;
  readonly isRepeat: boolean;
}

class MeterSimulator implements DurableCore<MeterSimulatorConfig> {
  readonly #gateway: string;
  readonly #clock: SteadyClock;
  readonly #store: FleetStore;
  readonly #journal: Journal;
  readonly #truth: GroundTruthFile;
  readonly #counts: GroundTruthCounts;
  readonly #kept: KeptValues;
  readonly #fleet: Fleet;
  readonly #punctuality: PunctualityLog;
  #config: MeterSimulatorConfig;
  #nextNumber: number;
  #measured: number;
  #nextReleaseMs: number;
  #truthWrittenMs = Number.NEGATIVE_INFINITY;

  constructor({ database, clock, environment, log }: CoreContext, config: MeterSimulatorConfig) {
    this.#config = config;
    this.#gateway = environment.deviceId;
    this.#clock = new SteadyClock(clock);
    this.#store = new FleetStore(database);
    this.#journal = new Journal(database);
    this.#truth = new GroundTruthFile(database, environment.stateFolder);
    this.#kept = new KeptValues(database);
    this.#counts = new GroundTruthCounts(this.#kept);
    this.#punctuality = new PunctualityLog(log);
    const parts = { store: this.#store, clock: this.#clock, gateway: this.#gateway };
    this.#fleet = new Fleet(parts, fleetOptions(config));
    this.#nextNumber = Count.safeParse(this.#kept.read(NEXT_NUMBER)).data ?? firstNumber(clock);
    this.#measured = Count.safeParse(this.#kept.read(MEASURED)).data ?? 0;
    this.#nextReleaseMs = this.#store.nextReleaseMs() ?? Number.POSITIVE_INFINITY;
  }

  configure(config: MeterSimulatorConfig): void {
    this.#config = config;
    this.#fleet.configure(fleetOptions(config));
  }

  /** The simulator has no inputs. */
  take(message: InputMessage, effects: Effects): void {
    effects.counters.received += 1;
    effects.quarantine(message, `no such input: ${message.input}`, message.body);
  }

  due(): boolean {
    return this.#fleet.isDue || this.#nextReleaseMs <= this.#clock.nowMs();
  }

  settle(effects: Effects): void {
    if (!this.due()) return;
    const hasRoom = effects.outbox.bytes < this.#config.maxDiskBytes * OUTBOX_SHARE;
    const { batches, truth } = this.#fleet.measure(hasRoom);
    this.#note(truth);
    for (const batch of batches) this.#sendOrHold(batch, effects);
    if (hasRoom) this.#release(effects);
    this.#nextReleaseMs = this.#store.nextReleaseMs() ?? Number.POSITIVE_INFINITY;
    this.#kept.write(NEXT_NUMBER, this.#nextNumber);
    this.#kept.write(MEASURED, this.#measured);
    const { intervalSeconds } = this.#config;
    this.#punctuality.look(this.#fleet.behindMs / 1_000, intervalSeconds);
  }

  tidy(): void {
    const nowMs = this.#clock.nowMs();
    if (Math.abs(nowMs - this.#truthWrittenMs) < TRUTH_EVERY_MS) return;
    this.#truthWrittenMs = nowMs;
    this.#truth.write();
  }

  status() {
    return {
      virtualMeters: this.#config.virtualMeters,
      measuredReadings: this.#measured,
      heldReadings: this.#store.held,
      behindSeconds: Math.round(this.#fleet.behindMs) / 1_000,
      journalBytes: this.#journal.bytes,
      groundTruth: this.#counts.status(),
    };
  }

  #note(truth: readonly Truth[]): void {
    for (const one of truth) this.#truth.note(one);
    this.#counts.add(truth);
  }

  #sendOrHold(readings: readonly VirtualReading[], effects: Effects): void {
    const parcels: Parcel[] = [];
    const nowMs = Math.floor(this.#clock.nowMs());
    for (const { id, atMs, temp, seq, injected, sending } of readings) {
      const { lateMs, repeatMs } = sending;
      const reading = { id, time: new Date(atMs).toISOString(), temp, seq };
      const mayHold = this.#store.held < MOST_HELD;
      const isLate = lateMs !== undefined && mayHold;
      if (isLate) {
        const kind = lateMs > this.#config.intervalSeconds * 1_000 ? 'out-of-order' : 'late';
        const releaseMs = nowMs + lateMs;
        this.#store.hold({ releaseMs, kind, measuredMs: nowMs, reading, injected });
      } else parcels.push({ reading, injected, isRepeat: false });
      if (repeatMs !== undefined && mayHold) {
        const measuredMs = nowMs + (isLate ? lateMs : 0);
        const releaseMs = measuredMs + repeatMs;
        this.#store.hold({ releaseMs, kind: 'repeat', measuredMs, reading, injected });
      }
    }
    this.#measured += readings.length;
    this.#send(parcels, effects);
  }

  #release(effects: Effects): void {
    const nowMs = Math.floor(this.#clock.nowMs());
    const held = this.#store.release(nowMs, MOST_RELEASED);
    this.#note(held.map((one) => releasedTruth(one, nowMs)));
    const parcels = held.map(({ reading, injected, kind }) => ({
      reading,
      injected,
      isRepeat: kind === 'repeat',
    }));
    this.#send(parcels, effects);
  }

  #send(parcels: readonly Parcel[], effects: Effects): void {
    const { readingsPerMessage } = this.#config;
    for (let start = 0; start < parcels.length; start += readingsPerMessage) {
      this.#sendMessage(parcels.slice(start, start + readingsPerMessage), effects);
    }
  }

  #sendMessage(parcels: readonly Parcel[], effects: Effects): void {
    const first = this.#nextNumber;
    this.#nextNumber += parcels.length;
    effects.send({
      priority: 0,
      output: 'readings',
      messageId: `telemetry/${this.#gateway}-Virtual/${first}-${this.#nextNumber - 1}`,
      properties: { kind: 'telemetry' },
      body: JSON.stringify(parcels.map(({ reading }) => reading)),
    });
    const measured = parcels.filter(({ isRepeat }) => !isRepeat);
    if (measured.length === 0) return;
    const readings = measured.map(({ reading }) => reading);
    const injected = Object.fromEntries(
      measured.flatMap((one, index) => (one.injected === null ? [] : [[index, one.injected]])),
    );
    const mostBytes = this.#config.maxDiskBytes * JOURNAL_SHARE;
    this.#journal.add(first, { readings, injected }, mostBytes);
  }
}

function releasedTruth({ kind, measuredMs, reading }: HeldReading, nowMs: number): Truth {
  return {
    meter: reading.id,
    fromMs: Date.parse(reading.time),
    toMs: nowMs,
    kind,
    size: (nowMs - measuredMs) / 1_000,
  };
}

function fleetOptions(config: MeterSimulatorConfig): FleetOptions {
  const { virtualMeters, intervalSeconds, ...settings } = config;
  return { ...settings, meters: virtualMeters, intervalMs: intervalSeconds * 1_000 };
}

/** Virtual meters of the gateway: readings in batches on the output `readings`. */
import { z } from 'zod';
import type { Clock } from '../../shared/src/clock.ts';
import type { DurableCore, Effects } from '../../shared/src/durable-module.ts';
import type { InputMessage } from '../../shared/src/edge-client.ts';
import { KeptValues } from '../../shared/src/kept-values.ts';
import type { OutboxEntry } from '../../shared/src/outbox.ts';
import type { ModuleDefinition } from '../../shared/src/run-module.ts';
import type { Reading } from '../../shared/src/wire-contract.ts';
import { MeterSimulatorConfig } from './config.ts';
import {
  GATEWAY_SPACING,
  initialGeneratorState,
  meterProfile,
  nextReading,
} from './core/reading-generator.ts';
import { JOURNAL_SCHEMA, VirtualJournal, type VirtualMeter } from './virtual-journal.ts';

export const meterSimulator: ModuleDefinition<typeof MeterSimulatorConfig.shape> = {
  databaseName: 'journal.db',
  migrations: [JOURNAL_SCHEMA],
  schema: MeterSimulatorConfig,
  start: ({ database, clock, environment }, config) =>
    new MeterSimulator(
      {
        journal: new VirtualJournal(database),
        kept: new KeptValues(database),
        clock,
        gateway: environment.deviceId,
      },
      config,
    ),
};

/** Readings in one message; a hundred and more bytes each. */
const MOST_READINGS = 500;

const NEXT_NUMBER = 'next reading number';
const Batch = z.array(z.object({ id: z.string(), seq: z.int() }));

interface Parts {
  readonly journal: VirtualJournal;
  readonly kept: KeptValues;
  readonly clock: Clock;
  readonly gateway: string;
}

class MeterSimulator implements DurableCore<MeterSimulatorConfig> {
  readonly #parts: Parts;
  readonly #meters = new Map<string, VirtualMeter>();
  #config: MeterSimulatorConfig;
  #nextNumber: number;
  #nextReadingMs: number;

  constructor(parts: Parts, config: MeterSimulatorConfig) {
    this.#parts = parts;
    this.#config = config;
    for (const meter of parts.journal.meters()) this.#meters.set(meter.id, meter);
    this.#nextNumber = z.int().safeParse(parts.kept.read(NEXT_NUMBER)).data ?? parts.clock.nowMs();
    this.#nextReadingMs = parts.clock.monotonicMs();
  }

  configure(config: MeterSimulatorConfig): void {
    this.#config = config;
    this.#nextReadingMs = this.#parts.clock.monotonicMs();
  }

  /** The simulator has no inputs. */
  take(message: InputMessage, effects: Effects): void {
    effects.counters.received += 1;
    effects.quarantine(message, `no such input: ${message.input}`, message.body);
  }

  due(): boolean {
    return this.#config.virtualMeters > 0 && this.#parts.clock.monotonicMs() >= this.#nextReadingMs;
  }

  settle(effects: Effects): void {
    if (!this.due()) return;
    this.#nextReadingMs = this.#parts.clock.monotonicMs() + this.#config.intervalSeconds * 1_000;
    const readings = this.#measureAll();
    for (let start = 0; start < readings.length; start += MOST_READINGS) {
      this.#send(readings.slice(start, start + MOST_READINGS), effects);
    }
    this.#parts.kept.write(NEXT_NUMBER, this.#nextNumber);
  }

  acknowledged(entries: readonly OutboxEntry[]): void {
    for (const { body } of entries) {
      for (const { id, seq } of Batch.parse(JSON.parse(body))) {
        this.#parts.journal.acknowledge(id, seq);
      }
    }
  }

  status() {
    return { virtualMeters: this.#config.virtualMeters };
  }

  #measureAll(): Reading[] {
    const atMs = this.#parts.clock.nowMs();
    return Array.from({ length: this.#config.virtualMeters }, (_, index) =>
      this.#measure(this.#virtualMeter(index + 1), atMs),
    );
  }

  #measure(meter: VirtualMeter, atMs: number): Reading {
    const profile = meterProfile({ id: meter.id, seed: this.#config.seed, ...GATEWAY_SPACING });
    const generated = nextReading(profile, meter.generator, { atMs });
    const time = new Date(atMs).toISOString();
    this.#meters.set(meter.id, this.#parts.journal.append(meter, time, generated));
    return { id: meter.id, time, temp: generated.tempF, seq: meter.nextSeq };
  }

  /** Ids carry the gateway's, so that they are unique in the cloud. */
  #virtualMeter(number: number): VirtualMeter {
    const id = `${this.#parts.gateway}-Virtual${String(number).padStart(2, '0')}`;
    return (
      this.#meters.get(id) ?? {
        id,
        nextSeq: this.#parts.clock.nowMs(),
        generator: initialGeneratorState({ id, seed: this.#config.seed }),
      }
    );
  }

  #send(readings: readonly Reading[], effects: Effects): void {
    const first = this.#nextNumber;
    this.#nextNumber += readings.length;
    effects.send({
      priority: 0,
      output: 'readings',
      messageId: `telemetry/${this.#parts.gateway}-Virtual/${first}-${this.#nextNumber - 1}`,
      properties: { kind: 'telemetry' },
      body: JSON.stringify(readings),
    });
  }
}

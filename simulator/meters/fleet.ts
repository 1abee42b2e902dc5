/**
 * All meters of the building: brings them up, lets them measure, and stops them.
 *
 * Invariant: the readings of one beat are committed together before any of them is sent.
 */
import { setTimeout as delay } from 'node:timers/promises';
import { controlClient, type ControlClient } from '../wire/control-api.ts';
import type { Logger } from '../wire/logger.ts';
import type { Settings } from '../wire/settings.ts';
import type { Journal, JournalEntry } from './journal.ts';
import type { Meter, MeterStatus } from './meter.ts';
import { startTicker } from './ticker.ts';

/** Meters that register at the same time. */
const REGISTERING_AT_ONCE = 8;
const FIRST_PAUSE_MS = 250;
const LONGEST_PAUSE_MS = 5_000;
/** In a plan: readings committed at once, and how many may wait unacknowledged. */
const PLAN_CHUNK_READINGS = 500;
const PLAN_BACKLOG_READINGS = 1_000;

export interface FleetContext {
  readonly settings: Settings;
  readonly journal: Journal;
  readonly log: Logger;
}

/** What the console and the proof see. */
export interface FleetStatus {
  readonly meters: readonly MeterStatus[];
  readonly produced: number;
  readonly acknowledged: number;
  readonly injected: number;
  /** Whether a fixed amount of work was asked for and all of it is acknowledged. */
  readonly planDone: boolean;
}

export class Fleet {
  readonly #context: FleetContext;
  readonly #meters: ReadonlyMap<string, Meter>;
  readonly #azure: ControlClient;
  readonly #stopping = new AbortController();
  #bringingUp: Promise<unknown> = Promise.resolve();
  #ticker: { stop(): void } | undefined;
  /** In a plan: readings of all meters together that may be made. */
  #allowedReadings: number;

  constructor(context: FleetContext, meters: readonly Meter[]) {
    this.#context = context;
    this.#meters = new Map(meters.map((meter) => [meter.id, meter]));
    this.#azure = controlClient(context.settings, 'azure');
    this.#allowedReadings =
      context.settings.meters.plan?.paced === true ? 0 : Number.POSITIVE_INFINITY;
  }

  /** Takes up earlier lives; unless everything is left to the user, brings all meters up. */
  start(): void {
    const { manual, intervalMs, plan } = this.#context.settings.meters;
    for (const meter of this.#meters.values()) meter.restore();
    if (!manual) this.#bringUpAll();
    if (plan === undefined) this.#ticker = startTicker(intervalMs, () => this.#beat());
    for (const meter of this.#meters.values()) this.topUp(meter);
  }

  async stop(): Promise<void> {
    this.#stopping.abort();
    this.#ticker?.stop();
    await this.#bringingUp;
    await Promise.all([...this.#meters.values()].map((meter) => meter.stop()));
  }

  meter(id: string): Meter | undefined {
    return this.#meters.get(id);
  }

  status(): FleetStatus {
    const all = [...this.#meters.values()];
    const meters = all.map((meter) => meter.status());
    return {
      meters,
      produced: meters.reduce((sum, { produced }) => sum + produced, 0),
      acknowledged: meters.reduce((sum, { acknowledged }) => sum + acknowledged, 0),
      injected: this.#context.journal.injected(),
      planDone: this.#context.settings.meters.plan !== undefined && all.every(({ done }) => done),
    };
  }

  /** Makes a meter the gateway's child, as `az iot hub device-identity parent set` does. */
  async adopt({ id }: Meter): Promise<void> {
    const { gatewayDeviceId: parent } = this.#context.settings;
    await this.#azure.post(`/devices/${encodeURIComponent(id)}/parent`, { parent });
  }

  /** Enrolls a meter's TPM, as `az iot dps enrollment create` does; others are of the group. */
  async enroll(meter: Meter): Promise<void> {
    const identity = await meter.tpmIdentity();
    if (identity === undefined) return;
    await this.#azure.post('/enrollments', { ...identity, deviceId: meter.id });
  }

  /** Switches a meter on; one that never measured begins with its history. */
  connect(meter: Meter): void {
    meter.connect();
    const { historySeconds, intervalMs, plan, replayFile } = this.#context.settings.meters;
    if (plan === undefined && replayFile === undefined && meter.produced === 0) {
      const count = Math.floor((historySeconds * 1_000) / intervalMs);
      const endMs = Date.now();
      const instants = Array.from({ length: count }, (_, at) => endMs - (count - at) * intervalMs);
      this.#commit([meter.measure(instants)]);
    }
    this.topUp(meter);
  }

  /** In a paced plan: so many readings of all meters together may be made by now. */
  allow(readings: number): void {
    const all = this.#context.settings.meters.plan?.readings ?? 0;
    this.#allowedReadings = readings < all ? readings : Number.POSITIVE_INFINITY;
    for (const meter of this.#meters.values()) this.topUp(meter);
  }

  /** In a plan: lets a meter make readings while few enough of them wait. */
  topUp(meter: Meter): void {
    const { plan } = this.#context.settings.meters;
    if (plan === undefined || !meter.switchedOn) return;
    const allowed = Math.ceil(this.#allowedReadings / this.#meters.size);
    while (meter.produced - meter.acknowledged < PLAN_BACKLOG_READINGS) {
      const length = Math.min(PLAN_CHUNK_READINGS, allowed - meter.produced);
      if (length <= 0) return;
      // The instants are the plan's own.
      const entry = meter.measure(Array.from({ length }, () => 0));
      if (entry === undefined) return;
      this.#commit([entry]);
    }
  }

  #beat(): void {
    const atMs = Date.now();
    const on = [...this.#meters.values()].filter(({ switchedOn }) => switchedOn);
    this.#commit(on.map((meter) => meter.measure([atMs])));
  }

  #commit(made: readonly (JournalEntry | undefined)[]): void {
    const entries = made.filter((entry) => entry !== undefined);
    if (entries.length === 0) return;
    this.#context.journal.append(entries);
    for (const entry of entries) this.#meters.get(entry.meterId)?.committed(entry);
  }

  #bringUpAll(): void {
    const waiting = [...this.#meters.values()];
    const work = async () => {
      for (let meter = waiting.shift(); meter !== undefined; meter = waiting.shift()) {
        await this.#bringUp(meter);
      }
    };
    this.#bringingUp = Promise.all(Array.from({ length: REGISTERING_AT_ONCE }, work));
  }

  /** Installs, registers, adopts and connects a meter, trying again until it works. */
  async #bringUp(meter: Meter): Promise<void> {
    const { signal } = this.#stopping;
    let pauseMs = FIRST_PAUSE_MS;
    while (!signal.aborted) {
      try {
        await this.#bringUpOnce(meter);
        return;
      } catch (error) {
        this.#context.log.warn({ meter: meter.id, err: error }, 'meter not up yet, trying again');
      }
      await delay(pauseMs, undefined, { signal }).catch(() => undefined);
      pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
    }
  }

  async #bringUpOnce(meter: Meter): Promise<void> {
    const { idScope, secrets } = this.#context.settings;
    meter.install();
    if (!meter.registered) {
      await this.enroll(meter);
      await meter.register({ idScope, groupKey: secrets.enrollmentGroupKey });
    }
    if (meter.connection === 'gateway') await this.adopt(meter);
    if (!this.#stopping.signal.aborted) this.connect(meter);
  }
}

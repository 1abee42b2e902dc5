/**
 * One smart meter: its lifecycle, its measurements, its connection.
 *
 * Invariants:
 * - a meter that is switched on measures, connected or not; what it measured waits in the journal;
 * - a switched-on meter is switched on again after a restart, with the registration it has.
 */
import type {
  GeneratorState,
  Injection,
} from '../../modules/meter-simulator/src/core/reading-generator.ts';
import { ControlError } from '../wire/control-api.ts';
import type { Logger } from '../wire/logger.ts';
import {
  NEW_METER,
  nextLifecycle,
  type MeterEvent,
  type MeterLifecycle,
} from './core/meter-lifecycle.ts';
import type { CredentialsStore } from './credentials.ts';
import { keepConnected } from './device-client.ts';
import type { Journal, JournalEntry, MeterConnection } from './journal.ts';
import { registerMeter, type Registration } from './provisioning.ts';
import type { MeterTpm, TpmIdentity } from './meter-tpm.ts';
import { ReadingSender } from './reading-sender.ts';
import type { ReadingSource, SourcedReading } from './reading-source.ts';

export interface MeterOptions {
  readonly id: string;
  readonly connection: MeterConnection;
  readonly source: ReadingSource;
  readonly journal: Journal;
  readonly credentials: CredentialsStore;
  /** Where its key is kept, if not in a file. */
  readonly tpm?: MeterTpm;
  /** Port of Device Provisioning over HTTPS, by which a TPM registers. */
  readonly provisioningHttpsPort: number;
  /** `host:port` that the meter dials. */
  readonly gatewayHost: string;
  readonly provisioningHost: string;
  readonly caPem: string;
  readonly seed: number;
  /** Most readings in one message, if not as many as usual. */
  readonly batchReadings: number | undefined;
  readonly log: Logger;
  /** Told when readings were acknowledged. */
  readonly onAcknowledged: (meter: Meter) => void;
}

/** What the console shows of a meter. */
export interface MeterStatus {
  readonly id: string;
  readonly connection: MeterConnection;
  readonly state: MeterLifecycle['phase'];
  /** Degrees Fahrenheit. */
  readonly temp: number | null;
  readonly lastTime: string | null;
  readonly produced: number;
  readonly acknowledged: number;
  readonly error: string | null;
  readonly pinnedTemp: number | null;
}

export class Meter {
  readonly id: string;
  readonly connection: MeterConnection;
  readonly #options: MeterOptions;
  readonly #sender: ReadingSender;
  #lifecycle: MeterLifecycle = NEW_METER;
  #generator: GeneratorState | undefined;
  #switchedOn = false;
  #exhausted = false;
  #acknowledged = 0;
  #last: { readonly time: string; readonly temp: number } | null = null;
  #pinnedTemp: number | null = null;
  #pendingInjection: Injection | undefined;
  #client: { stop(): Promise<void> } | undefined;

  constructor(options: MeterOptions) {
    this.id = options.id;
    this.connection = options.connection;
    this.#options = options;
    const { batchReadings } = options;
    this.#sender = new ReadingSender({
      meterId: options.id,
      journal: options.journal,
      ...(batchReadings === undefined ? {} : { batchReadings }),
      onAcknowledged: (count) => this.#tookOver(count),
      onFault: (error) => options.log.error({ err: error, meter: this.id }, 'journal not written'),
    });
  }

  /** Readings that are committed. */
  get produced(): number {
    return this.#generator?.produced ?? 0;
  }

  /** Readings that the hub or the gateway has taken over. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** Whether the meter is to measure. */
  get switchedOn(): boolean {
    return this.#switchedOn;
  }

  /** Whether its source has no more readings and all were taken over. */
  get done(): boolean {
    return this.#exhausted && this.#acknowledged === this.produced;
  }

  get registered(): boolean {
    return this.#options.credentials.read(this.id) !== undefined;
  }

  status(): MeterStatus {
    return {
      id: this.id,
      connection: this.connection,
      state: this.#lifecycle.phase,
      temp: this.#last?.temp ?? null,
      lastTime: this.#last?.time ?? null,
      produced: this.produced,
      acknowledged: this.#acknowledged,
      error: this.#lifecycle.error,
      pinnedTemp: this.#pinnedTemp,
    };
  }

  /** Takes up the life that an earlier run left behind. */
  restore(): void {
    const known = this.#options.journal.meter(this.id);
    if (known === undefined) return;
    this.#generator = known.generator;
    this.#acknowledged = known.acknowledged;
    this.#last = known.last;
    this.#pinnedTemp = known.pinnedTemp;
    this.#apply({ type: 'installed' });
    if (!this.registered) return;
    this.#apply({ type: 'registered' });
    if (known.switchedOn) this.connect();
  }

  /** Puts the meter into the building. */
  install(): void {
    this.#options.journal.install(this, Date.now(), this.#options.seed);
    this.#generator ??= this.#options.journal.meter(this.id)?.generator;
    this.#apply({ type: 'installed' });
  }

  /** @throws ControlError 409 with the reason when Device Provisioning refuses or does not answer */
  async register(by: Pick<Registration, 'idScope' | 'groupKey'>): Promise<void> {
    if (this.#lifecycle.phase === 'new') throw outOfTurn(`Install ${this.id} first.`);
    try {
      this.#options.credentials.write(this.id, await this.#registerBy(by));
      this.#apply({ type: 'registered' });
    } catch (error) {
      const reason = error instanceof Error ? error.message : String(error);
      this.#apply({ type: 'failed', reason });
      throw new ControlError(409, reason);
    }
  }

  /** What its TPM is enrolled by; undefined for a meter without one. @throws TpmError */
  async tpmIdentity(): Promise<TpmIdentity | undefined> {
    return this.#options.tpm?.identity();
  }

  #registerBy({ idScope, groupKey }: Pick<Registration, 'idScope' | 'groupKey'>) {
    const { tpm, provisioningHost: host, provisioningHttpsPort: port, caPem } = this.#options;
    if (tpm !== undefined) return tpm.register({ idScope, host: 'localhost', port, caPem });
    return registerMeter({ idScope, groupKey, registrationId: this.id, host, caPem });
  }

  /** Switches the meter on: from now on it measures and keeps itself connected. */
  connect(): void {
    const { id } = this;
    const credentials = this.#options.credentials.read(id);
    if (credentials === undefined) throw outOfTurn(`Register ${id} first.`);
    if (this.#client !== undefined) return;
    const { gatewayHost, caPem, journal, tpm } = this.#options;
    journal.setSwitchedOn(id, true);
    this.#switchedOn = true;
    this.#client = keepConnected({
      credentials,
      ...(tpm === undefined ? {} : { signToken: (resource) => tpm.signToken(resource) }),
      gatewayHost,
      caPem,
      onConnected: (connection) => {
        this.#apply({ type: 'connected' });
        this.#sender.attach(connection);
      },
      onLost: (reason) => {
        this.#sender.detach();
        this.#apply({ type: 'failed', reason });
      },
    });
  }

  /** Switches the meter off. */
  async disconnect(): Promise<void> {
    this.#options.journal.setSwitchedOn(this.id, false);
    this.#switchedOn = false;
    await this.stop();
    this.#apply({ type: 'disconnected' });
  }

  /** Ends the connection; the meter stays switched on for the next run. */
  async stop(): Promise<void> {
    this.#sender.detach();
    const client = this.#client;
    this.#client = undefined;
    await client?.stop();
  }

  /** The next reading of a live meter is a spike or dip. */
  inject(injection: Injection): void {
    if (!this.#switchedOn) throw outOfTurn(`Connect ${this.id} first.`);
    this.#pendingInjection = injection;
  }

  /** Holds the temperature, or lets it go with `null`; degrees Fahrenheit. */
  pin(tempF: number | null): void {
    if (this.#lifecycle.phase === 'new') throw outOfTurn(`Install ${this.id} first.`);
    this.#options.journal.setPinnedTemp(this.id, tempF);
    this.#pinnedTemp = tempF;
  }

  /** Makes the readings due at these instants; they count only once `committed` is called. */
  measure(instantsMs: readonly number[]): JournalEntry | undefined {
    let generator = this.#generator;
    if (generator === undefined || this.#exhausted) return undefined;
    const readings: SourcedReading[] = [];
    for (const atMs of instantsMs) {
      const reading = this.#options.source.next(generator, { atMs, ...this.#byHand() });
      if (reading === undefined) {
        this.#exhausted = true;
        break;
      }
      this.#pendingInjection = undefined;
      readings.push(reading);
      generator = reading.state;
    }
    return readings.length === 0 ? undefined : { meterId: this.id, readings, generator };
  }

  /** To be called when the journal holds what `measure` made. */
  committed({ readings, generator }: JournalEntry): void {
    const last = readings.at(-1);
    if (last !== undefined) {
      this.#last = { time: new Date(last.atMs).toISOString(), temp: last.tempF };
    }
    this.#generator = generator;
    this.#sender.wake();
  }

  #byHand() {
    return {
      ...(this.#pendingInjection === undefined ? {} : { injection: this.#pendingInjection }),
      ...(this.#pinnedTemp === null ? {} : { pinnedTemp: this.#pinnedTemp }),
    };
  }

  #tookOver(count: number): void {
    this.#acknowledged += count;
    this.#apply({ type: 'acknowledged' });
    this.#options.onAcknowledged(this);
  }

  #apply(event: MeterEvent): void {
    const before = this.#lifecycle;
    this.#lifecycle = nextLifecycle(before, event);
    const { phase, error } = this.#lifecycle;
    if (phase === before.phase && error === before.error) return;
    this.#options.log.info({ meter: this.id, phase, error }, 'meter changed');
  }
}

function outOfTurn(message: string): ControlError {
  return new ControlError(409, message);
}

/**
 * The gateway's memory in front of `$upstream`.
 *
 * Invariants:
 * - what was taken in lies in SQLite until edgeHub has acknowledged it;
 * - a reading or result that comes again is not forwarded again;
 * - anomalies leave before averages, averages before telemetry.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../shared/src/clock.ts';
import type { DurableCore, Effects } from '../../shared/src/durable-module.ts';
import type { InputMessage } from '../../shared/src/edge-client.ts';
import { entriesOf, firstProblem, incomingReadings } from '../../shared/src/incoming-readings.ts';
import type { OutboxEntry } from '../../shared/src/outbox.ts';
import type { ModuleDefinition } from '../../shared/src/run-module.ts';
import { Anomaly, Average, LedgerEntry, type MessageKind } from '../../shared/src/wire-contract.ts';
import { StoreAndForwardConfig } from './config.ts';
import { ForwardStore, FORWARD_SCHEMA } from './forward-store.ts';
import { TelemetryPacker } from './telemetry-packer.ts';
import { metricsAt, UplinkAdmission } from './uplink-admission.ts';

export const storeAndForward: ModuleDefinition<typeof StoreAndForwardConfig.shape> = {
  databaseName: 'store-and-forward.db',
  migrations: [FORWARD_SCHEMA],
  schema: StoreAndForwardConfig,
  start: ({ database, clock, log, environment }, config) => {
    const { edgeHubMetricsUri: uri, deviceId } = environment;
    const readMetrics = uri === undefined ? undefined : metricsAt(uri);
    const admission = new UplinkAdmission(readMetrics, clock, log);
    const store = new ForwardStore(database);
    const packer = new TelemetryPacker(database, store, clock, deviceId);
    return new StoreAndForward({ store, packer, admission, clock, gateway: deviceId }, config);
  },
};

/** Priority of each kind: the lower, the earlier it leaves. */
export const PRIORITY = {
  anomaly: 0,
  average: 1,
  ledger: 1,
  telemetry: 2,
} as const satisfies Record<MessageKind, number>;

/** Results that come on an input of their own, and how they are checked. */
const RESULT_INPUTS = {
  anomalies: { kind: 'anomaly', schema: Anomaly },
  averages: { kind: 'average', schema: Average },
  ledger: { kind: 'ledger', schema: LedgerEntry },
} as const;

interface Parts {
  readonly store: ForwardStore;
  readonly packer: TelemetryPacker;
  readonly admission: UplinkAdmission;
  readonly clock: Clock;
  readonly gateway: string;
}

class StoreAndForward implements DurableCore<StoreAndForwardConfig> {
  readonly admission: UplinkAdmission;
  readonly #store: ForwardStore;
  readonly #packer: TelemetryPacker;
  readonly #clock: Clock;
  readonly #gateway: string;
  #config: StoreAndForwardConfig;

  constructor({ store, packer, admission, clock, gateway }: Parts, config: StoreAndForwardConfig) {
    this.admission = admission;
    this.#store = store;
    this.#packer = packer;
    this.#clock = clock;
    this.#gateway = gateway;
    this.#config = config;
  }

  configure(config: StoreAndForwardConfig): void {
    this.#config = config;
  }

  take(message: InputMessage, effects: Effects): void {
    if (message.input === 'telemetry') this.#takeTelemetry(message, effects);
    else this.#takeResults(message, effects);
  }

  settle(effects: Effects): void {
    const isDue = this.#isPackDue();
    for (const { messageId, body } of this.#packer.pack(this.#config.maxMessageBytes, isDue)) {
      this.#forward('telemetry', messageId, body, effects);
    }
  }

  due(): boolean {
    return this.#isPackDue();
  }

  acknowledged(entries: readonly OutboxEntry[]): void {
    this.#packer.acknowledged(entries.map(({ messageId }) => messageId));
  }

  status() {
    return {
      edgeHubQueueLength: this.admission.queueLength ?? null,
      ...this.#packer.status(),
    };
  }

  /** While nothing can be handed over, readings wait until a message is full. */
  #isPackDue(): boolean {
    const { waitingSinceMs } = this.#packer;
    if (waitingSinceMs === undefined || this.admission.room(PRIORITY.telemetry) < 1) return false;
    return this.#clock.monotonicMs() - waitingSinceMs >= this.#config.maxDelaySeconds * 1_000;
  }

  #takeTelemetry(message: InputMessage, effects: Effects): void {
    for (const { reading } of incomingReadings(message, effects)) {
      const outcome = this.#packer.take(reading, this.#config.rawTelemetry === 'all');
      if (outcome === 'repeat') effects.counters.repeats += 1;
      if (outcome === 'too large') {
        effects.quarantine(message, 'larger than a message may be', JSON.stringify(reading));
      }
    }
  }

  #takeResults(message: InputMessage, effects: Effects): void {
    const input = resultInput(message.input);
    if (input === undefined) {
      effects.counters.received += 1;
      effects.quarantine(message, `no such input: ${message.input}`, message.body);
      return;
    }
    const entries = entriesOf(message, effects);
    effects.counters.received += entries.length;
    for (const entry of entries) {
      const parsed = input.schema.safeParse(entry);
      if (parsed.success) continue;
      const reason = `not a valid ${input.kind}: ${firstProblem(parsed.error)}`;
      effects.quarantine(message, reason, message.body);
      return;
    }
    if (entries.length === 0) return;
    const messageId = message.messageId ?? digest(message.body);
    if (this.#store.addResult(messageId)) {
      this.#forward(input.kind, messageId, message.body, effects);
    } else effects.counters.repeats += entries.length;
  }

  #forward(kind: MessageKind, messageId: string, body: string, effects: Effects): void {
    effects.send({
      priority: PRIORITY[kind],
      output: 'upstream',
      messageId,
      properties: { kind, gateway: this.#gateway },
      body,
    });
  }
}

/** What identifies a result whose sender gave it no id. */
function digest(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

function resultInput(name: string) {
  return name === 'anomalies' || name === 'averages' || name === 'ledger'
    ? RESULT_INPUTS[name]
    : undefined;
}

/**
 * The gateway's memory in front of `$upstream`.
 *
 * Invariants:
 * - what was taken in lies in SQLite until edgeHub has acknowledged it;
 * - a reading or result that comes again is not forwarded again;
 * - anomalies leave before averages and the ledger, those before live telemetry, and that before
 *   the backlog, which has a share of its own;
 * - the database keeps to its limit; what had to go is told in the ledger.
 */
import { createHash } from 'node:crypto';
import type { Clock } from '../../shared/src/clock.ts';
import type { DurableCore, Effects } from '../../shared/src/durable-module.ts';
import type { InputMessage } from '../../shared/src/edge-client.ts';
import { firstProblem, incomingReadings } from '../../shared/src/incoming-readings.ts';
import { messageEntries, Refusals } from '../../shared/src/message-entries.ts';
import { LOSS_SCHEMA } from '../../shared/src/loss-ledger.ts';
import type { OutboxEntry } from '../../shared/src/outbox.ts';
import type { ModuleDefinition } from '../../shared/src/run-module.ts';
import { Anomaly, Average, LedgerEntry, type MessageKind } from '../../shared/src/wire-contract.ts';
import { Backlog } from './backlog.ts';
import { BLOCK_SCHEMA } from './block-store.ts';
import { StoreAndForwardConfig } from './config.ts';
import { ForwardStore, FORWARD_SCHEMA } from './forward-store.ts';
import { mostBodyBytes, TelemetryPacker } from './telemetry-packer.ts';
import { metricsAt, UplinkAdmission } from './uplink-admission.ts';

export const storeAndForward: ModuleDefinition<typeof StoreAndForwardConfig.shape> = {
  databaseName: 'store-and-forward.db',
  migrations: [FORWARD_SCHEMA, BLOCK_SCHEMA + LOSS_SCHEMA],
  schema: StoreAndForwardConfig,
  start: ({ database, ledger, clock, clockWatch, log, environment }, config) => {
    const { edgeHubMetricsUri: uri, deviceId } = environment;
    const readMetrics = uri === undefined ? undefined : metricsAt(uri);
    const admission = new UplinkAdmission(readMetrics, clock, log);
    const store = new ForwardStore(database);
    const packer = new TelemetryPacker(database, store, clock, deviceId);
    const backlog = new Backlog({
      database,
      ledger,
      clock: clockWatch.ageClock,
      gateway: deviceId,
    });
    const parts = { store, packer, backlog, admission, clock, gateway: deviceId };
    return new StoreAndForward(parts, config);
  },
};

/** Priority of each kind: the lower, the earlier it leaves. */
export const PRIORITY = {
  anomaly: 0,
  average: 1,
  ledger: 1,
  telemetry: 2,
} as const satisfies Record<MessageKind, number>;
/** Telemetry that waited in blocks, and what took its place. */
const BACKLOG_PRIORITY = 3;

/** Messages of telemetry that lie in the outbox: enough to keep edgeHub busy between two commits. */
const MOST_LIVE = 16;
const MOST_BACKLOG = 32;
/** With so many results before it, the ledger can wait, and its entries be added up. */
const MANY_RESULTS = { skip: 64, limit: 1 };

/** Results that come on an input of their own, and how they are checked. */
const RESULT_INPUTS = {
  anomalies: { kind: 'anomaly', schema: Anomaly },
  averages: { kind: 'average', schema: Average },
  ledger: { kind: 'ledger', schema: LedgerEntry },
} as const;

interface Parts {
  readonly store: ForwardStore;
  readonly packer: TelemetryPacker;
  readonly backlog: Backlog;
  readonly admission: UplinkAdmission;
  readonly clock: Clock;
  readonly gateway: string;
}

interface Forwarded {
  readonly kind: MessageKind;
  readonly messageId: string;
  readonly body: string;
}

class StoreAndForward implements DurableCore<StoreAndForwardConfig> {
  readonly keepsLedger = true;
  readonly admission: UplinkAdmission;
  readonly #store: ForwardStore;
  readonly #packer: TelemetryPacker;
  readonly #backlog: Backlog;
  readonly #clock: Clock;
  readonly #gateway: string;
  #config: StoreAndForwardConfig;
  /** Whether the outbox can take more of the backlog, as far as is known. */
  #mayDrain = true;

  constructor(parts: Parts, config: StoreAndForwardConfig) {
    const { store, packer, backlog, admission, clock, gateway } = parts;
    this.admission = admission;
    this.#store = store;
    this.#packer = packer;
    this.#backlog = backlog;
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
    let live = effects.outbox.countOf(PRIORITY.telemetry);
    for (const pack of this.#packer.pack(this.#config.maxMessageBytes, isDue)) {
      if (live < MOST_LIVE) {
        live += 1;
        const { messageId, texts } = pack;
        this.#forward({ kind: 'telemetry', messageId, body: `[${texts.join(',')}]` }, effects);
      } else this.#backlog.add(pack);
    }
    this.#drain(effects);
    this.#packer.lost(this.#backlog.keepLimits(this.#config, effects.outbox));
  }

  due(): boolean {
    return this.#isPackDue() || this.#isDrainDue() || this.#backlog.isLookDue;
  }

  tidy(): void {
    this.#backlog.shrink();
  }

  acknowledged(entries: readonly OutboxEntry[]): void {
    this.#mayDrain = true;
    this.#packer.acknowledged(entries.map(({ messageId }) => messageId));
  }

  status() {
    return {
      edgeHubQueueLength: this.admission.queueLength ?? null,
      ...this.#packer.status(),
      ...this.#backlog.status(),
    };
  }

  #isDrainDue(): boolean {
    const { blocks, isTellDue } = this.#backlog;
    return (
      (blocks > 0 && this.#mayDrain && this.admission.room(BACKLOG_PRIORITY) >= 1) ||
      (isTellDue && this.admission.room(PRIORITY.ledger) >= 1)
    );
  }

  /** Moves what edgeHub has room for from the backlog into the outbox. */
  #drain(effects: Effects): void {
    const mostBytes = mostBodyBytes(this.#config.maxMessageBytes);
    const waiting = effects.outbox.countOf(BACKLOG_PRIORITY);
    const { blocks, isTellDue } = this.#backlog;
    this.admission.backlogWaits(blocks + waiting > 0);
    if (isTellDue && this.#isLedgerWanted(effects)) {
      for (const message of this.#backlog.takeLosses(mostBytes)) this.#forward(message, effects);
    }
    if (blocks === 0 || this.admission.room(BACKLOG_PRIORITY) < 1) return;
    const room = MOST_BACKLOG - waiting;
    this.#mayDrain = room > 0;
    if (!this.#mayDrain) return;
    for (const message of this.#backlog.take(room, mostBytes)) {
      this.#forward(message, effects, BACKLOG_PRIORITY);
    }
  }

  #isLedgerWanted({ outbox }: Effects): boolean {
    if (this.admission.room(PRIORITY.ledger) < 1) return false;
    return outbox.peekOlder(PRIORITY.ledger, Number.MAX_SAFE_INTEGER, MANY_RESULTS).length === 0;
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
    const refusals = new Refusals(message, effects);
    const entries = messageEntries(message, input.kind, { refusals, effects });
    const good = entries.filter((entry) => {
      const parsed = input.schema.safeParse(entry.value);
      if (!parsed.success) {
        refusals.refuse(entry, `not a valid ${input.kind}`, firstProblem(parsed.error));
      }
      return parsed.success;
    });
    refusals.end();
    if (good.length === 0) return;
    const messageId = message.messageId ?? digest(message.body);
    const body = refusals.areNone ? message.body : JSON.stringify(good.map(({ value }) => value));
    if (this.#store.addResult(messageId)) {
      this.#forward({ kind: input.kind, messageId, body }, effects);
    } else effects.counters.repeats += good.length;
  }

  #forward(
    { kind, messageId, body }: Forwarded,
    effects: Effects,
    priority: number = PRIORITY[kind],
  ): void {
    effects.send({
      priority,
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

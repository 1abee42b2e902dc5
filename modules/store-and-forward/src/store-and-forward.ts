/**
 * The gateway's memory in front of `$upstream`.
 *
 * Invariants:
 * - what was taken in lies in SQLite until edgeHub has acknowledged it;
 * - a reading or result that comes again is not forwarded again;
 * - anomalies leave before averages and the ledger, those before live telemetry, that before the
 *   backlog, and that before what is sent again; those behind have a share of their own;
 * - the database keeps to its limit; what had to go is told in the ledger;
 * - what was delivered is kept while there is room, and goes again when `resend` asks for it.
 */
import type { DirectMethods, DurableCore } from '../../shared/src/durable-core.ts';
import type { Effects } from '../../shared/src/effects.ts';
import type { InputMessage } from '../../shared/src/edge-client.ts';
import { incomingReadings } from '../../shared/src/incoming-readings.ts';
import { KeptValues } from '../../shared/src/kept-values.ts';
import type { OutboxEntry } from '../../shared/src/outbox.ts';
import type { ModuleDefinition } from '../../shared/src/module-definition.ts';
import { stored } from '../../shared/src/stored.ts';
import { MessageKind } from '../../shared/src/wire-contract.ts';
import { Backlog } from './backlog.ts';
import { startBulkPath } from './bulk/start-bulk-path.ts';
import { StoreAndForwardConfig } from './config.ts';
import { mostBodyBytes } from './core/billing.ts';
import { DailyBudget, UsedBudget } from './core/daily-budget.ts';
import { DeliveredStore, type Delivered } from './delivered-store.ts';
import { FORWARD_MIGRATIONS } from './forward-migrations.ts';
import type { ForwardParts } from './forward-parts.ts';
import { forwardStatus } from './forward-status.ts';
import { ForwardStore } from './forward-store.ts';
import { gatewayName } from './gateway-name.ts';
import { incomingResults } from './incoming-results.ts';
import { BACKLOG_PRIORITY, PRIORITY, RESEND_PRIORITY } from './priorities.ts';
import { Resend } from './resend.ts';
import { reconcile } from './reconcile.ts';
import { TelemetryPacker } from './telemetry-packer.ts';
import { metricsAt } from './read-metrics.ts';
import { UplinkAdmission } from './uplink-admission.ts';
import { tlsProbe, UplinkProbe } from './uplink-probe.ts';

export const storeAndForward: ModuleDefinition<typeof StoreAndForwardConfig.shape> = {
  databaseName: 'store-and-forward.db',
  migrations: FORWARD_MIGRATIONS,
  schema: StoreAndForwardConfig,
  lostMessages: 'average',
  start: ({ database, ledger, clock, clockWatch, log, environment }, config) => {
    const { edgeHubMetricsUri: uri, uplinkProbe: place, deviceId } = environment;
    const kept = new KeptValues(database);
    const budget = new DailyBudget(UsedBudget.safeParse(kept.read(BUDGET)).data);
    const admission = new UplinkAdmission({
      readMetrics: uri === undefined ? undefined : metricsAt(uri),
      probe: place === undefined ? undefined : new UplinkProbe(tlsProbe(place), clock),
      budget,
      clock,
      log,
    });
    const gateway = gatewayName(deviceId);
    reconcile(database, ledger);
    const store = new ForwardStore(database);
    const delivered = new DeliveredStore(database, (messages) =>
      log.error({ messages }, 'delivered messages are damaged on disk: they cannot be sent again'),
    );
    const packer = new TelemetryPacker(database, store, clock, gateway);
    const backlog = new Backlog({
      database,
      ledger,
      delivered,
      clock: clockWatch.ageClock,
      gateway,
    });
    const resend = new Resend(database, delivered, clock);
    const bulk = startBulkPath({ database, backlog, packer, clock, log, environment, gateway });
    const own = { store, packer, backlog, delivered, resend, kept, budget, bulk };
    return new StoreAndForward({ ...own, admission, clock, deviceId }, config);
  },
};

/** Messages of telemetry that lie in the outbox: enough to keep edgeHub busy between two commits. */
const LEAST_LIVE = 16;
const MOST_LIVE = 64;
/** And bytes of them beyond the least, and as a share of the database. */
const MOST_LIVE_BYTES = 4 * 1_048_576;
const LIVE_SHARE = 1 / 16;
const MOST_BACKLOG = 32;
const MOST_RESENT = 32;
/** With so many results before it, the ledger can wait, and its entries be added up. */
const MANY_RESULTS = { skip: 64, limit: 1 };
const BUDGET = 'daily budget';
/** So often, some of what was delivered is packed better: a few per cent of a core. */
const PACK_MS = 500;

class StoreAndForward implements DurableCore<StoreAndForwardConfig> {
  readonly keepsLedger = true;
  readonly urgentInputs = ['anomalies'];
  readonly resendPriority = RESEND_PRIORITY;
  readonly waiting = () => this.#parts.backlog.waiting();
  readonly admission: UplinkAdmission;
  readonly methods: DirectMethods;
  readonly #parts: ForwardParts;
  #config: StoreAndForwardConfig;
  /** Whether the outbox can take more of the backlog, and more to send again, as far as is known. */
  #mayDrain = true;
  #mayResend = true;
  /** When delivered blocks were packed last, monotonic. */
  #packedMs = 0;
  /** What is on disk of the budget. */
  #kept: UsedBudget | undefined;

  constructor(parts: ForwardParts, config: StoreAndForwardConfig) {
    this.#parts = parts;
    this.admission = parts.admission;
    this.methods = { resend: (payload) => parts.resend.request(payload) };
    this.#config = config;
    parts.budget.limit = config.maxBilledMessagesPerDay;
    parts.bulk.configure(config.bulkAfterReadings);
  }

  configure(config: StoreAndForwardConfig): void {
    this.#config = config;
    this.#parts.budget.limit = config.maxBilledMessagesPerDay;
    this.#parts.bulk.configure(config.bulkAfterReadings);
  }

  take(message: InputMessage, effects: Effects): void {
    if (message.input === 'telemetry') this.#takeTelemetry(message, effects);
    else this.#takeResults(message, effects);
  }

  settle(effects: Effects): void {
    const { packer, backlog } = this.#parts;
    const mostLive = mostLiveMessages(this.#config);
    let live = effects.outbox.countOf(PRIORITY.telemetry);
    for (const pack of packer.pack(this.#config.maxMessageBytes, this.#packDueMs())) {
      if (live < mostLive) {
        live += 1;
        const { messageId, texts } = pack;
        this.#forward({ kind: 'telemetry', messageId, body: `[${texts.join(',')}]` }, effects);
      } else backlog.add(pack);
    }
    for (const message of this.#parts.bulk.settle()) this.#forward(message, effects);
    this.#drain(effects);
    this.#sendAgain(effects);
    this.#packDelivered();
    this.#keepBudget();
    packer.lost(backlog.keepLimits(this.#config, effects.outbox));
  }

  due(): boolean {
    return (
      this.#packDueMs() !== undefined ||
      this.#isDrainDue() ||
      this.#isResendDue() ||
      this.#parts.bulk.isDue ||
      this.#isDeliveredDue() ||
      this.#parts.backlog.isLookDue
    );
  }

  tidy(): void {
    this.#parts.backlog.shrink();
    this.#parts.bulk.work();
  }

  stop(): void {
    this.#parts.bulk.stop();
  }

  acknowledged(entries: readonly OutboxEntry[]): void {
    const { packer, delivered, clock } = this.#parts;
    this.#mayDrain = true;
    this.#mayResend = true;
    const first = entries.filter(({ priority }) => priority !== RESEND_PRIORITY);
    packer.acknowledged(first.map(({ messageId }) => messageId));
    if (this.#config.deliveredSharePercent === 0) return;
    for (const { properties, messageId, body } of first) {
      const kind = stored(MessageKind, properties['kind']);
      delivered.add({ kind, messageId, body }, clock.nowMs());
    }
  }

  status() {
    return forwardStatus(this.#parts, this.#config);
  }

  #isDrainDue(): boolean {
    const { blocks, isTellDue } = this.#parts.backlog;
    return (
      (blocks > 0 && this.#mayDrain && this.admission.room(BACKLOG_PRIORITY) >= 1) ||
      (isTellDue && this.admission.room(PRIORITY.ledger) >= 1)
    );
  }

  #isResendDue(): boolean {
    const { isRunning } = this.#parts.resend;
    return isRunning && this.#mayResend && this.admission.room(RESEND_PRIORITY) >= 1;
  }

  /** Moves what edgeHub has room for from the backlog into the outbox. */
  #drain(effects: Effects): void {
    const { backlog } = this.#parts;
    const mostBytes = mostBodyBytes(this.#config.maxMessageBytes);
    const waiting = effects.outbox.countOf(BACKLOG_PRIORITY);
    const { blocks, isTellDue } = backlog;
    this.admission.waits(BACKLOG_PRIORITY, blocks + waiting > 0);
    if (isTellDue && this.#isLedgerWanted(effects)) {
      for (const message of backlog.takeLosses(mostBytes)) this.#forward(message, effects);
    }
    if (blocks === 0 || this.admission.room(BACKLOG_PRIORITY) < 1) return;
    const room = MOST_BACKLOG - waiting;
    this.#mayDrain = room > 0;
    if (!this.#mayDrain) return;
    for (const message of backlog.take(room, mostBytes)) {
      this.#forward(message, effects, BACKLOG_PRIORITY);
    }
  }

  /** Puts some more of what `resend` asked for into the outbox. */
  #sendAgain(effects: Effects): void {
    const { resend } = this.#parts;
    const waiting = effects.outbox.countOf(RESEND_PRIORITY);
    this.admission.waits(RESEND_PRIORITY, waiting > 0);
    this.#mayResend = waiting < MOST_RESENT;
    if (!this.#mayResend) return;
    for (const message of resend.step()) this.#forward(message, effects, RESEND_PRIORITY);
  }

  /** While a period is sent again, the blocks stay as they are: it goes through them in order. */
  #isDeliveredDue(): boolean {
    const { delivered, resend, clock } = this.#parts;
    const isTime = clock.monotonicMs() - this.#packedMs >= PACK_MS;
    return isTime && delivered.hasUnpacked && !resend.isRunning;
  }

  #packDelivered(): void {
    if (!this.#isDeliveredDue()) return;
    this.#packedMs = this.#parts.clock.monotonicMs();
    this.#parts.delivered.pack();
  }

  #keepBudget(): void {
    const { budget, kept, clock } = this.#parts;
    const used = budget.usedAt(clock.nowMs());
    if (used.day === this.#kept?.day && used.used === this.#kept.used) return;
    this.#kept = used;
    kept.write(BUDGET, used);
  }

  #isLedgerWanted({ outbox }: Effects): boolean {
    if (this.admission.room(PRIORITY.ledger) < 1) return false;
    return outbox.peekOlder(PRIORITY.ledger, Number.MAX_SAFE_INTEGER, MANY_RESULTS).length === 0;
  }

  /**
   * Readings that came until then must go, monotonic; undefined when there are none. While nothing can
   * be handed over, they wait until a message is full.
   */
  #packDueMs(): number | undefined {
    const { packer, clock } = this.#parts;
    const { waitingSinceMs } = packer;
    if (waitingSinceMs === undefined || this.admission.room(PRIORITY.telemetry) < 1) {
      return undefined;
    }
    const dueMs = clock.monotonicMs() - this.#config.maxDelaySeconds * 1_000;
    return waitingSinceMs <= dueMs ? dueMs : undefined;
  }

  #takeTelemetry(message: InputMessage, effects: Effects): void {
    for (const { reading } of incomingReadings(message, effects)) {
      const outcome = this.#parts.packer.take(reading, this.#config.rawTelemetry === 'all');
      if (outcome === 'repeat') effects.counters.repeats += 1;
      if (outcome === 'too large') {
        effects.quarantine(message, 'larger than a message may be', JSON.stringify(reading));
      }
    }
  }

  #takeResults(message: InputMessage, effects: Effects): void {
    const results = incomingResults(message, effects);
    if (results === undefined) return;
    if (this.#parts.store.addResult(results.messageId)) this.#forward(results, effects);
    else effects.counters.repeats += results.entries;
  }

  #forward(
    { kind, messageId, body }: Delivered,
    effects: Effects,
    priority: number = PRIORITY[kind],
  ): void {
    const properties = { kind, gateway: this.#parts.deviceId };
    effects.send({ priority, output: 'upstream', messageId, properties, body });
  }
}

function mostLiveMessages({ maxMessageBytes, maxDiskBytes }: StoreAndForwardConfig): number {
  const bytes = Math.min(MOST_LIVE_BYTES, maxDiskBytes * LIVE_SHARE);
  return Math.min(MOST_LIVE, Math.max(LEAST_LIVE, Math.floor(bytes / maxMessageBytes)));
}

/**
 * Takes messages in, once in effect, whatever is killed when: the pattern of all our modules.
 *
 * Invariants:
 * - an input is acknowledged only after the commit that holds its effect;
 * - all input that arrived meanwhile shares one transaction;
 * - state, results and counters of a message are committed together or not at all;
 * - what was taken in under one configuration is settled before anything is taken in under the next;
 * - nothing waits for a send;
 * - after an error in a transaction nothing is acknowledged or sent any more: memory may be ahead of the
 *   disk. `keep-running.ts` starts the module again from what is on disk, with a new connection, so that
 *   edgeHub delivers again what was not acknowledged;
 * - a message that the module cannot take holds up no other: it is tried once more with nothing else in
 *   its transaction, then put aside.
 */
import type { Clock } from './clock.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { CommitMark } from './commit-mark.ts';
import { countAcknowledged, Counters } from './counters.ts';
import type { Database } from './database.ts';
import type { DirectMethods, DurableCore } from './durable-core.ts';
import type { EdgeClient, InputMessage, MethodResponse } from './edge-client.ts';
import { messageOf } from './edge-error.ts';
import { makeEffects, type Effects } from './effects.ts';
import type { ModuleEnvironment } from './env.ts';
import { FailedTakes } from './failed-takes.ts';
import { ModuleFigures, type Figures } from './figures.ts';
import { InputQueue } from './input-queue.ts';
import { KeptValues } from './kept-values.ts';
import { LEDGER_OUTPUT, LedgerOutput } from './ledger-output.ts';
import type { Logger } from './logger.ts';
import type { LossLedger } from './loss-ledger.ts';
import type { MetricsEndpoint } from './metrics-endpoint.ts';
import { Outbox, type OutboxEntry } from './outbox.ts';
import { ALWAYS_ADMIT, OutboxSender } from './outbox-sender.ts';
import { SentMessages } from './sent-messages.ts';
import { stored } from './stored.ts';
import { takeInput, type TakingParts } from './take-input.ts';
import type { MessageKind } from './wire-contract.ts';

export interface DurableModuleOptions<Config> {
  readonly database: Database;
  readonly client: EdgeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly core: DurableCore<Config>;
  readonly ledger: LossLedger;
  readonly clockWatch: ClockWatch;
  readonly mark: CommitMark;
  readonly environment: Pick<ModuleEnvironment, 'deviceId' | 'moduleId'>;
  readonly metrics?: MetricsEndpoint | undefined;
  /** What earlier lives of the module failed at. */
  readonly failedTakes?: FailedTakes | undefined;
  /** What is lost with input that cannot be taken. */
  readonly lostKind: MessageKind;
  /** Called once, when the database failed or a message; the module does nothing any more. */
  failed(error: unknown): void;
}

const TICK_MS = 250;

export class DurableModule<Config> {
  readonly #options: DurableModuleOptions<Config>;
  readonly #outbox: Outbox;
  readonly #sender: OutboxSender;
  readonly #kept: KeptValues;
  readonly #effects: Effects;
  readonly #figures: ModuleFigures;
  readonly #ledgerOutput: LedgerOutput | undefined;
  readonly #commitAll: (messages: readonly InputMessage[]) => void;
  readonly #endings: (() => void)[] = [];
  readonly #arrived: InputQueue;
  readonly #taking: TakingParts;
  readonly #sent = new SentMessages();
  #newConfig: Config | undefined;
  #scheduled = false;
  #stopped = false;

  constructor(options: DurableModuleOptions<Config>) {
    const { database, clock, core } = options;
    const { ledger, clockWatch, environment } = options;
    this.#options = options;
    this.#outbox = new Outbox(database);
    this.#kept = new KeptValues(database);
    const counters = stored(Counters, this.#kept.read('counters') ?? {});
    counters.starts += 1;
    const outbox = this.#outbox;
    this.#effects = makeEffects({
      ...options,
      outbox,
      counters,
      tellsRefused: core.keepsLedger === true,
    });
    const { failedTakes = new FailedTakes() } = options;
    this.#arrived = new InputQueue(failedTakes, core.urgentInputs);
    this.#taking = { ...options, effects: this.#effects, failedTakes };
    const waiting = () => core.waiting?.();
    this.#figures = new ModuleFigures({ ...options, outbox, counters, waiting });
    if (core.keepsLedger !== true) {
      const sender = `${environment.deviceId}/${environment.moduleId}`;
      this.#ledgerOutput = new LedgerOutput({
        ledger,
        outbox: this.#outbox,
        kept: this.#kept,
        clock,
        clockWatch,
        sender,
      });
    }
    this.#commitAll = database.transaction((messages: readonly InputMessage[]) =>
      this.#inTransaction(messages),
    );
    this.#sender = this.#makeSender();
    this.#endings.push(clock.every(TICK_MS, () => this.#tick()));
    // So that the start is counted.
    this.#schedule();
  }

  #makeSender(): OutboxSender {
    const { client, clock, log, core } = this.#options;
    const admission = core.admission ?? ALWAYS_ADMIT;
    const sender = new OutboxSender({
      outbox: this.#outbox,
      client,
      clock,
      log,
      admission,
      acknowledged: (entries) => this.#forget(entries),
      failed: (count) => {
        this.#effects.counters.resent += count;
      },
      broken: (error) => this.#break(error),
    });
    this.#endings.push(admission.start(() => sender.wake()));
    return sender;
  }

  /** Takes a message that arrived; it is acknowledged with its group. */
  input(message: InputMessage): void {
    this.#arrived.add(message);
    this.#schedule();
  }

  /** A connection stands: what lies in the outbox is sent. */
  connected(): void {
    this.#sender.connected();
  }

  /** Changes the behaviour and keeps the configuration for the next start. */
  configure(config: Config): void {
    this.#newConfig = config;
    this.#schedule();
  }

  /** The direct methods: those that every module has, and its own. */
  get methods(): DirectMethods {
    return {
      ...this.#options.core.methods,
      ping: () => ({ status: 200, payload: { pong: true } }),
      status: () => this.#answerStatus(),
    };
  }

  /** What all modules tell. */
  figures(): Figures {
    return this.#figures.read();
  }

  /** The same, the outbox, and what the module adds. */
  status(): Record<string, unknown> {
    const { rows: outboxRows, bytes: outboxBytes } = this.#outbox;
    const { core, metrics, clockWatch } = this.#options;
    const own = {
      ...core.status?.(),
      metricsUri: metrics?.uri ?? null,
      clock: clockWatch.status(),
    };
    return { ...own, outboxRows, outboxBytes, ...this.figures() };
  }

  /** Commits what has arrived and ends; may be called twice. */
  stop(): void {
    if (this.#stopped) return;
    this.#beQuiet();
    do this.#commit();
    while (!this.#stopped && !this.#arrived.isEmpty);
    this.#stopped = true;
  }

  /** Sends nothing more and does nothing by itself. */
  #beQuiet(): void {
    for (const end of this.#endings.splice(0)) end();
    this.#sender.stop();
    this.#options.core.stop?.();
  }

  #break(error: unknown): void {
    if (this.#stopped) return;
    this.#stopped = true;
    this.#beQuiet();
    this.#options.log.error({ err: error }, 'the module failed, nothing more is taken in');
    this.#options.failed(error);
  }

  #answerStatus(): MethodResponse {
    try {
      return { status: 200, payload: this.status() };
    } catch (error) {
      return { status: 500, payload: { error: messageOf(error) } };
    }
  }

  #tick(): void {
    const { core, clockWatch } = this.#options;
    try {
      core.tidy?.();
      clockWatch.look();
      this.#sent.tick();
      const isTold = this.#ledgerOutput?.isDue === true;
      const isDue = this.#sent.areWaiting || isTold || clockWatch.isKeepDue;
      if (core.due() || isDue) this.#schedule();
    } catch (error) {
      this.#break(error);
    }
  }

  /** All that arrives in one turn of the event loop shares one commit. */
  #schedule(): void {
    if (this.#scheduled || this.#stopped) return;
    this.#scheduled = true;
    setImmediate(() => this.#commit());
  }

  #commit(): void {
    this.#scheduled = false;
    if (this.#stopped) return;
    const messages = this.#arrived.take();
    if (messages.length > 0) this.#sent.committing();
    const { clock, metrics } = this.#options;
    const startedMs = clock.monotonicMs();
    try {
      this.#commitAll(messages);
    } catch (error) {
      this.#break(error);
      return;
    }
    const seconds = (clock.monotonicMs() - startedMs) / 1_000;
    this.#figures.committed(seconds);
    metrics?.committed(seconds);
    this.#options.mark.note({
      received: this.#effects.counters.received,
      outboxRows: this.#outbox.rows,
    });
    for (const message of messages) {
      message.acknowledge();
      this.#taking.failedTakes.acquit(message);
    }
    this.#sender.wake();
    if (!this.#arrived.isEmpty) this.#schedule();
  }

  #inTransaction(messages: readonly InputMessage[]): void {
    const { core } = this.#options;
    // First, so that the core finds in the outbox what edgeHub has not acknowledged, and nothing else.
    const acknowledged = this.#outbox.remove(this.#sent.take());
    if (acknowledged.length > 0) {
      core.acknowledged?.(acknowledged.filter(({ output }) => output !== LEDGER_OUTPUT));
    }
    this.#reconfigure();
    takeInput(messages, this.#taking);
    core.settle(this.#effects);
    this.#ledgerOutput?.settle();
    this.#count(acknowledged);
    this.#options.clockWatch.keep();
  }

  #count(acknowledged: readonly OutboxEntry[]): void {
    const { counters } = this.#effects;
    countAcknowledged(counters, acknowledged, this.#options.core.resendPriority);
    counters.lost += this.#options.ledger.takeNoted();
    this.#kept.write('counters', counters);
  }

  #reconfigure(): void {
    const config = this.#newConfig;
    if (config === undefined) return;
    this.#newConfig = undefined;
    this.#kept.write('config', config);
    this.#options.core.configure(config);
    this.#options.core.settle(this.#effects);
  }

  #forget(entries: readonly OutboxEntry[]): void {
    if (this.#sent.add(entries)) this.#schedule();
  }
}

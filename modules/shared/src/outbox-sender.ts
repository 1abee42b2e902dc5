/**
 * Empties the outbox into edgeHub with many sends in flight.
 *
 * Invariants:
 * - a message leaves the outbox only after its acknowledgement;
 * - a send that failed is repeated, at once when a connection stands again, else ever more slowly;
 * - a lower priority number leaves first.
 */
import { BackOff } from './back-off.ts';
import type { Clock } from './clock.ts';
import type { EdgeClient } from './edge-client.ts';
import { messageOf } from './edge-error.ts';
import type { Logger } from './logger.ts';
import type { Outbox, OutboxEntry } from './outbox.ts';

/** Says how many messages of a priority may be handed over now. */
export interface Admission {
  room(priority: number): number;
  /** Whether this message may be handed over, if there is room; those behind it wait with it. */
  admits(entry: OutboxEntry): boolean;
  handedOver(entry: OutboxEntry): void;
  /** A message that was handed over is acknowledged, or is not and stays. */
  ended(entry: OutboxEntry, isAcknowledged: boolean): void;
  /** Begins to watch; calls `wake` when there may be room again. Returns how to end it. */
  start(wake: () => void): () => void;
}

/** edgeHub is asked for nothing: for modules whose messages stay on the gateway. */
export const ALWAYS_ADMIT: Admission = {
  room: () => Number.POSITIVE_INFINITY,
  admits: () => true,
  handedOver: () => undefined,
  ended: () => undefined,
  start: () => () => undefined,
};

export interface OutboxSenderOptions {
  readonly outbox: Outbox;
  readonly client: EdgeClient;
  readonly clock: Clock;
  readonly log: Logger;
  readonly admission: Admission;
  /** Commits the removal of acknowledged messages. */
  acknowledged(entries: readonly OutboxEntry[]): void;
  /** Counts sends that must be repeated. */
  failed(count: number): void;
  /** Called when the outbox cannot be read. */
  broken(error: unknown): void;
}

/** Priorities in use: anomalies, averages and ledger, live telemetry, backlog, what is sent again. */
const PRIORITIES = [0, 1, 2, 3, 4];
/** More in flight brings nothing: the SDK's throughput is flat from here. */
const MOST_IN_FLIGHT = 128;
const READ_AT_ONCE = 64;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

export class OutboxSender {
  readonly #options: OutboxSenderOptions;
  /** Last row read of each priority. */
  #cursors = new Map<number, number>();
  readonly #backOff = new BackOff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
  #inFlight = 0;
  #failures = 0;
  #connected = false;
  #stopped = false;
  /** Something was left in the outbox for want of room. */
  #left = false;
  #cancelRetry = () => {};

  constructor(options: OutboxSenderOptions) {
    this.#options = options;
  }

  /** A connection stands: sends go out from now on. */
  connected(): void {
    this.#connected = true;
    if (this.#failures > 0 && this.#inFlight === 0) this.#beginAgain();
    else this.wake();
  }

  /** Looks whether there is something to send. */
  wake(): void {
    if (this.#stopped || !this.#connected || this.#failures > 0) return;
    this.#left = false;
    try {
      for (const priority of PRIORITIES) this.#sendSome(priority);
    } catch (error) {
      this.#options.broken(error);
    }
  }

  stop(): void {
    this.#stopped = true;
    this.#cancelRetry();
  }

  #sendSome(priority: number): void {
    const { outbox, admission } = this.#options;
    for (;;) {
      const free = Math.min(MOST_IN_FLIGHT - this.#inFlight, admission.room(priority));
      if (free < 1) {
        this.#left = true;
        return;
      }
      const limit = Math.min(Math.floor(free), READ_AT_ONCE);
      const entries = outbox.peek(priority, this.#cursors.get(priority) ?? 0, limit);
      for (const entry of entries) {
        if (!admission.admits(entry)) {
          this.#left = true;
          return;
        }
        this.#cursors.set(priority, entry.row);
        admission.handedOver(entry);
        void this.#send(entry);
      }
      if (entries.length < limit) return;
    }
  }

  async #send(entry: OutboxEntry): Promise<void> {
    this.#inFlight += 1;
    try {
      await this.#options.client.send(entry);
      this.#options.admission.ended(entry, true);
      this.#backOff.reset();
      if (!this.#stopped) this.#options.acknowledged([entry]);
    } catch (error) {
      this.#options.admission.ended(entry, false);
      if (this.#failures === 0) {
        this.#options.log.debug({ reason: messageOf(error) }, 'send not acknowledged, kept');
      }
      this.#failures += 1;
    }
    this.#inFlight -= 1;
    if (this.#failures === 0) this.#refill();
    else if (this.#inFlight === 0) this.#retryLater();
  }

  /** Reads many at once instead of one for each acknowledgement. */
  #refill(): void {
    if (this.#left && this.#inFlight <= MOST_IN_FLIGHT / 2) this.wake();
  }

  #retryLater(): void {
    this.#options.failed(this.#failures);
    this.#cancelRetry();
    this.#cancelRetry = this.#options.clock.after(this.#backOff.next(Math.random()), () =>
      this.#beginAgain(),
    );
  }

  /** Nothing is in flight any more: everything still in the outbox is sent again. */
  #beginAgain(): void {
    this.#cancelRetry();
    this.#failures = 0;
    this.#cursors = new Map();
    this.wake();
  }
}

/**
 * Empties the outbox into edgeHub with many sends in flight.
 *
 * Invariants:
 * - a message leaves the outbox only after its acknowledgement;
 * - a send that failed is repeated, at once when a connection stands again, else ever more slowly; those
 *   of its priority wait for it, the others do not;
 * - a lower priority number leaves first, and the first one never waits for acknowledgements of others.
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
const URGENT_PRIORITY = 0;
/** Of these, the ones that only the urgent may take. */
const RESERVED_IN_FLIGHT = 8;
const READ_AT_ONCE = 64;
const FIRST_RETRY_MS = 1_000;
const LONGEST_RETRY_MS = 60_000;

/** What is known of one priority's messages. */
interface Lane {
  readonly priority: number;
  /** Last row read. */
  row: number;
  inFlight: number;
  /** Since all of it was sent from the beginning. */
  failures: number;
  readonly backOff: BackOff;
  cancelRetry: () => void;
}

export class OutboxSender {
  readonly #options: OutboxSenderOptions;
  readonly #lanes: readonly Lane[];
  #inFlight = 0;
  #connected = false;
  #stopped = false;
  /** Something was left in the outbox for want of room. */
  #left = false;

  constructor(options: OutboxSenderOptions) {
    this.#options = options;
    this.#lanes = PRIORITIES.map((priority) => ({
      priority,
      row: 0,
      inFlight: 0,
      failures: 0,
      backOff: new BackOff(FIRST_RETRY_MS, LONGEST_RETRY_MS),
      cancelRetry: () => {},
    }));
  }

  /** A connection stands: sends go out from now on. */
  connected(): void {
    this.#connected = true;
    for (const lane of this.#lanes) {
      if (lane.failures > 0 && lane.inFlight === 0) beginAgain(lane);
    }
    this.wake();
  }

  /** Looks whether there is something to send. */
  wake(): void {
    if (this.#stopped || !this.#connected) return;
    this.#left = false;
    try {
      for (const lane of this.#lanes) {
        if (lane.failures === 0) this.#sendSome(lane);
      }
    } catch (error) {
      this.#options.broken(error);
    }
  }

  stop(): void {
    this.#stopped = true;
    for (const lane of this.#lanes) lane.cancelRetry();
  }

  #sendSome(lane: Lane): void {
    const { outbox, admission } = this.#options;
    const { priority } = lane;
    const most =
      priority === URGENT_PRIORITY ? MOST_IN_FLIGHT : MOST_IN_FLIGHT - RESERVED_IN_FLIGHT;
    for (;;) {
      const free = Math.min(most - this.#inFlight, admission.room(priority));
      if (free < 1) {
        this.#left = true;
        return;
      }
      const limit = Math.min(Math.floor(free), READ_AT_ONCE);
      const entries = outbox.peek(priority, lane.row, limit);
      for (const entry of entries) {
        if (!admission.admits(entry)) {
          this.#left = true;
          return;
        }
        lane.row = entry.row;
        admission.handedOver(entry);
        void this.#send(entry, lane);
      }
      if (entries.length < limit) return;
    }
  }

  async #send(entry: OutboxEntry, lane: Lane): Promise<void> {
    this.#inFlight += 1;
    lane.inFlight += 1;
    try {
      await this.#options.client.send(entry);
      this.#options.admission.ended(entry, true);
      lane.backOff.reset();
      if (!this.#stopped) this.#options.acknowledged([entry]);
    } catch (error) {
      this.#options.admission.ended(entry, false);
      if (lane.failures === 0) {
        this.#options.log.debug({ reason: messageOf(error) }, 'send not acknowledged, kept');
      }
      lane.failures += 1;
    }
    this.#inFlight -= 1;
    lane.inFlight -= 1;
    if (lane.failures > 0 && lane.inFlight === 0) this.#retryLater(lane);
    this.#refill();
  }

  /** Reads many at once instead of one for each acknowledgement. */
  #refill(): void {
    if (this.#left && this.#inFlight <= MOST_IN_FLIGHT / 2) this.wake();
  }

  #retryLater(lane: Lane): void {
    this.#options.failed(lane.failures);
    if (this.#stopped) return;
    lane.cancelRetry();
    lane.cancelRetry = this.#options.clock.after(lane.backOff.next(Math.random()), () => {
      beginAgain(lane);
      this.wake();
    });
  }
}

/** Nothing of it is in flight any more: all that is still in the outbox is sent again. */
function beginAgain(lane: Lane): void {
  lane.cancelRetry();
  lane.failures = 0;
  lane.row = 0;
}

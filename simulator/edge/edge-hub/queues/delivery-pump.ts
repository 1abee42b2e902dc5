/**
 * Moves messages from the queues to one receiver, many on their way at a time.
 *
 * Invariants:
 * - at most `window` messages are unacknowledged, over all endpoints of the receiver together;
 * - messages of one endpoint and priority are handed to the receiver in order;
 * - after a receiver was lost, delivery begins again at the front, marked as redelivered.
 */
import type { Logger } from '../../../wire/logger.ts';
import type { MessageQueues, QueuedMessage } from './message-queues.ts';

/** A receiver that says nothing for this long is taken for dead. Source: edgeHub, MessageAckTimeoutSecs. */
const ACKNOWLEDGE_TIMEOUT_MS = 30_000;

/** Where messages go: a module's connection, or the way to Azure. */
export interface Receiver {
  /** Resolves when the receiver has acknowledged, rejects when it is lost. Called in order. */
  deliver(message: QueuedMessage): Promise<void>;
  /** An acknowledgement is overdue; absent where waiting for ever is right. */
  overdue?(): void;
}

export interface DeliveryPumpOptions {
  readonly queues: MessageQueues;
  /** Whether messages of an endpoint are for this receiver. */
  readonly serves: (endpoint: string) => boolean;
  readonly window: number;
  readonly log: Logger;
}

export class DeliveryPump {
  readonly #options: DeliveryPumpOptions;
  readonly #startedMs = new Map<QueuedMessage, number>();
  readonly #stopListening: () => void;
  #receiver: Receiver | undefined;
  #watch: NodeJS.Timeout | undefined;
  #scheduled = false;
  #turn = 0;
  #delivered = 0;
  #redelivered = 0;

  constructor(options: DeliveryPumpOptions) {
    this.#options = options;
    this.#stopListening = options.queues.onAppended((endpoint) => {
      if (options.serves(endpoint)) this.#schedule();
    });
  }

  /** Messages acknowledged by receivers. */
  get delivered(): number {
    return this.#delivered;
  }

  /** Messages handed out more than once. */
  get redelivered(): number {
    return this.#redelivered;
  }

  /** Delivers to `receiver` from now on, beginning with what the one before did not acknowledge. */
  attach(receiver: Receiver): void {
    this.detach();
    this.#receiver = receiver;
    for (const endpoint of this.#endpoints()) this.#options.queues.rewind(endpoint);
    const overdue = receiver.overdue?.bind(receiver);
    if (overdue) this.#watch = setInterval(() => this.#checkOverdue(overdue), 1000).unref();
    this.#schedule();
  }

  /** Delivers to nobody until the next `attach`. */
  detach(): void {
    this.#receiver = undefined;
    this.#startedMs.clear();
    clearInterval(this.#watch);
  }

  stop(): void {
    this.detach();
    this.#stopListening();
  }

  #endpoints(): string[] {
    return this.#options.queues.endpoints.filter(this.#options.serves);
  }

  /** Fills the window once per turn of the event loop, however many events there were. */
  #schedule(): void {
    if (this.#scheduled) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      if (this.#receiver !== undefined) this.#fill(this.#receiver);
    });
  }

  /** Gives each endpoint its share of the window, the first turn to another one each time. */
  #fill(receiver: Receiver): void {
    const endpoints = this.#endpoints();
    this.#turn += 1;
    for (const index of endpoints.keys()) {
      const free = this.#options.window - this.#startedMs.size;
      if (free <= 0) return;
      const endpoint = endpoints[(index + this.#turn) % endpoints.length];
      const share = Math.ceil(free / (endpoints.length - index));
      for (const message of endpoint === undefined
        ? []
        : this.#options.queues.take(endpoint, share)) {
        void this.#deliver(receiver, message);
      }
    }
  }

  async #deliver(receiver: Receiver, message: QueuedMessage): Promise<void> {
    this.#startedMs.set(message, performance.now());
    if (message.redelivered) this.#redelivered += 1;
    try {
      await receiver.deliver(message);
    } catch (error) {
      this.#options.log.debug({ err: error, endpoint: message.endpoint }, 'delivery interrupted');
      return;
    }
    this.#delivered += 1;
    this.#startedMs.delete(message);
    this.#schedule();
    try {
      // The next one need not wait until this one's end is on disk: at worst it comes again.
      await this.#options.queues.acknowledge(message);
    } catch (error) {
      this.#options.log.warn({ err: error }, 'delivered message not removed: it will come again');
    }
  }

  #checkOverdue(overdue: () => void): void {
    const [oldestMs] = this.#startedMs.values();
    if (oldestMs === undefined) return;
    if (performance.now() - oldestMs >= ACKNOWLEDGE_TIMEOUT_MS) overdue();
  }
}

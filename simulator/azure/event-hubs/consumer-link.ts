/**
 * A link on which one receiver reads one partition.
 *
 * Invariants:
 * - events are sent in order of their sequence numbers, each once per link, none left out;
 * - no more are sent than the receiver gave credit for;
 * - what waits to be written to a slow receiver's socket is bounded by about one page.
 */
import type { Socket } from 'node:net';
import type { Sender } from 'rhea';
import type { ServiceError } from './amqp-errors.ts';
import { encodeDelivery, encodeRuntimeMetric } from './event.ts';
import type { EventLog } from './event-log.ts';
import type { PartitionPlace } from './event-position.ts';

/** Events read and sent in one go. */
const PAGE_EVENTS = 500;

/** What rhea's links have and its typings leave out. */
interface LinkState {
  /** Deliveries the receiver still wants; lowered when a delivery is written. */
  readonly credit: number;
  /** Deliveries written so far. */
  readonly delivery_count: number;
  readonly session: { readonly outgoing: { available(): number } };
}

export interface ConsumerOptions {
  readonly eventLog: EventLog;
  readonly place: PartitionPlace;
  /** The receiver wants what follows this sequence number. */
  readonly afterSequenceNumber: number;
  /** Owner level; undefined for receivers that do not claim the partition for themselves. */
  readonly epoch: number | undefined;
  /** Each event tells what the partition's last one is. */
  readonly runtimeMetric: boolean;
}

/** See the invariants above. */
export class ConsumerLink {
  readonly sender: Sender & LinkState;
  readonly place: PartitionPlace;
  readonly epoch: number | undefined;
  readonly #eventLog: EventLog;
  readonly #runtimeMetric: boolean;
  #lastSent: number;
  /** Deliveries given to rhea. */
  #handedOver = 0;
  #scheduled = false;
  #waitsForSocket = false;
  #closed = false;

  constructor(sender: Sender, options: ConsumerOptions) {
    this.sender = sender as Sender & LinkState;
    this.place = options.place;
    this.epoch = options.epoch;
    this.#eventLog = options.eventLog;
    this.#runtimeMetric = options.runtimeMetric;
    this.#lastSent = options.afterSequenceNumber;
  }

  /** Begins to send, whenever there is credit. */
  start(): void {
    this.sender.on('sendable', () => this.wake());
    this.wake();
  }

  /** Says that there may be something to send now. */
  wake(): void {
    if (this.#scheduled || this.#closed) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      this.#pump();
    });
  }

  /** Ends the link, telling the receiver why. */
  close(error: ServiceError): void {
    this.#closed = true;
    this.sender.close(error);
  }

  /** Sends nothing more: the link is gone. */
  forget(): void {
    this.#closed = true;
  }

  #pump(): void {
    if (this.#closed || this.#waitsForSocket || !this.sender.is_open()) return;
    const socket: Socket = this.sender.connection['socket'];
    if (socket.writableNeedDrain) {
      this.#waitForSocket(socket);
      return;
    }
    const wanted = this.#wanted();
    if (wanted > 0 && this.#sendPage(wanted, socket) > 0) this.wake();
  }

  #waitForSocket(socket: Socket): void {
    this.#waitsForSocket = true;
    socket.once('drain', () => {
      this.#waitsForSocket = false;
      this.wake();
    });
  }

  /** Credit, less what rhea has not written yet, and no more than it can hold. */
  #wanted(): number {
    const { credit, delivery_count: written, session } = this.sender;
    const unused = credit - (this.#handedOver - written);
    return Math.min(unused, session.outgoing.available(), PAGE_EVENTS);
  }

  #sendPage(limit: number, socket: Socket): number {
    const { hub, partitionId } = this.place;
    const page = this.#eventLog.readPage(hub, partitionId, this.#lastSent, limit);
    const prefix = this.#runtimeMetric
      ? encodeRuntimeMetric(this.#eventLog.partition(hub, partitionId), Date.now())
      : undefined;
    // rhea writes every frame by itself, on the next tick: corked, a page is one system call.
    socket.cork();
    for (const event of page) {
      const message = encodeDelivery(event);
      const whole = prefix === undefined ? message : Buffer.concat([prefix, message]);
      this.sender.send(whole, undefined, 0);
      this.#lastSent = event.sequenceNumber;
    }
    this.#handedOver += page.length;
    setImmediate(() => socket.uncork());
    return page.length;
  }
}

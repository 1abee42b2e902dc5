/**
 * Events between the receivers and the job, bounded so that a backlog stays in the event hub.
 *
 * Invariant: events of one partition are taken in the order in which they were put.
 */
import type { InputEvent } from '../core/row.ts';

/** Readings held at most before receivers are made to wait. */
const CAPACITY = 10_000;
/** What a long reading counts for: as many as it has pieces of this size, bytes. */
const READING_BYTES = 512;

/** One message of an event hub, taken apart. */
export interface ReceivedMessage {
  readonly alias: string;
  readonly partitionId: string;
  readonly sequenceNumber: number;
  readonly events: readonly InputEvent[];
  /** Length of the body. */
  readonly bytes: number;
  /** Elements of the body that are no JSON object. */
  readonly conversionErrors: number;
}

/** A queue for one job. */
export class EventQueue {
  #messages: ReceivedMessage[] = [];
  #size = 0;
  #wakeReader: (() => void) | undefined;
  #wakeWriters: (() => void)[] = [];

  /** Readings in the queue. */
  get size(): number {
    return this.#size;
  }

  /** Puts messages; resolves when there is room for more. */
  async put(messages: readonly ReceivedMessage[]): Promise<void> {
    for (const message of messages) {
      this.#messages.push(message);
      this.#size += weight(message);
    }
    this.#wakeReader?.();
    if (this.#size < CAPACITY) return;
    await new Promise<void>((resolve) => {
      this.#wakeWriters.push(resolve);
    });
  }

  /** Resolves when there is something to take, on abort, or after `longestMs`. */
  async wait(signal: AbortSignal, longestMs: number | undefined): Promise<void> {
    if (this.#messages.length > 0 || signal.aborted) return;
    await new Promise<void>((resolve) => {
      const timer = longestMs === undefined ? undefined : setTimeout(resolve, longestMs);
      this.#wakeReader = () => {
        clearTimeout(timer);
        resolve();
      };
      signal.addEventListener('abort', this.#wakeReader, { once: true });
    });
    if (this.#wakeReader !== undefined) signal.removeEventListener('abort', this.#wakeReader);
    this.#wakeReader = undefined;
  }

  /** Takes messages of about `readings` readings together, at least one message if there is any. */
  take(readings: number): ReceivedMessage[] {
    let taken = 0;
    let count = 0;
    while (taken < readings && count < this.#messages.length) {
      const message = this.#messages[count];
      taken += message === undefined ? 0 : weight(message);
      count += 1;
    }
    const messages = this.#messages.slice(0, count);
    this.#messages = this.#messages.slice(count);
    this.#size -= taken;
    if (this.#size < CAPACITY) this.release();
    return messages;
  }

  /** Lets all waiting receivers go on: at the end, or when there is room. */
  release(): void {
    for (const wake of this.#wakeWriters.splice(0)) wake();
  }
}

function weight({ events, bytes }: ReceivedMessage): number {
  return Math.max(1, events.length, Math.ceil(bytes / READING_BYTES));
}

/**
 * Input that arrived and waits for its transaction.
 *
 * Invariants:
 * - messages of one input are taken in the order in which they arrived;
 * - what arrived on an urgent input never waits for what arrived on another;
 * - a message that failed before stands alone, so that nothing else fails with it.
 */
import type { InputMessage } from './edge-client.ts';
import type { FailedTakes } from './failed-takes.ts';

/** What one transaction takes in, so that the log of the database stays small. */
const MOST_CHARACTERS_AT_ONCE = 2 * 1_048_576;

export class InputQueue {
  readonly #failedTakes: FailedTakes;
  readonly #urgentInputs: readonly string[];
  readonly #urgent: InputMessage[] = [];
  readonly #others: InputMessage[] = [];

  constructor(failedTakes: FailedTakes, urgentInputs: readonly string[] = []) {
    this.#failedTakes = failedTakes;
    this.#urgentInputs = urgentInputs;
  }

  get isEmpty(): boolean {
    return this.#urgent.length + this.#others.length === 0;
  }

  add(message: InputMessage): void {
    const isUrgent = this.#urgentInputs.includes(message.input);
    (isUrgent ? this.#urgent : this.#others).push(message);
  }

  /** What is next, as much as one transaction takes in. */
  take(): InputMessage[] {
    const group: InputMessage[] = [];
    let characters = 0;
    let isClosed = false;
    const takes = (message: InputMessage): boolean => {
      characters += message.body.length;
      const isSuspect = this.#failedTakes.isSuspect(message);
      const isFull = isClosed || isSuspect || characters > MOST_CHARACTERS_AT_ONCE;
      if (group.length > 0 && isFull) return false;
      isClosed = isSuspect;
      group.push(message);
      return true;
    };
    for (const queue of [this.#urgent, this.#others]) {
      const end = queue.findIndex((message) => !takes(message));
      queue.splice(0, end < 0 ? queue.length : end);
      if (end >= 0) break;
    }
    return group;
  }
}

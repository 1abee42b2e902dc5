/**
 * Messages that edgeHub has acknowledged and that are still in the outbox.
 *
 * To forget one takes a commit of its own, unless input is committed all the time: then it goes along.
 * Should it not come to that, it is sent once more, and recognised by its id.
 */
import type { OutboxEntry } from './outbox.ts';

/** With more commits of input than this in a tick, the next one is awaited… */
const BUSY_COMMITS = 25;
/** …unless there is so much to forget. */
const MOST_WAITING = 64;

export class SentMessages {
  #entries: OutboxEntry[] = [];
  #commits = 0;
  #commitsBefore = 0;

  /** Whether there are any. */
  get areWaiting(): boolean {
    return this.#entries.length > 0;
  }

  /** Adds some; whether they want a commit now. */
  add(entries: readonly OutboxEntry[]): boolean {
    this.#entries.push(...entries);
    const isBusy = Math.max(this.#commits, this.#commitsBefore) > BUSY_COMMITS;
    return !isBusy || this.#entries.length >= MOST_WAITING;
  }

  /** Takes all of them, to be forgotten. */
  take(): readonly OutboxEntry[] {
    const entries = this.#entries;
    this.#entries = [];
    return entries;
  }

  /** Input is being committed. */
  committing(): void {
    this.#commits += 1;
  }

  /** Some time has passed, the same each time. */
  tick(): void {
    this.#commitsBefore = this.#commits;
    this.#commits = 0;
  }
}

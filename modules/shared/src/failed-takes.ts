/**
 * Remembers, from one life of a module to the next, which messages it failed to take.
 *
 * Invariants:
 * - a message is given up when its take failed a second time, with nothing else in the transaction;
 * - the memory is bounded: so many messages, the latest to fail, by a digest.
 *
 * It is not on disk: after a kill, a message just has to fail twice again.
 */
import { createHash } from 'node:crypto';
import type { InputMessage } from './edge-client.ts';

const MOST_MESSAGES = 100;

interface FailedTake {
  /** Of the body: a message of another length is another message, which costs no digest to see. */
  readonly length: number;
  readonly isGivenUp: boolean;
}

export class FailedTakes {
  readonly #known = new Map<string, FailedTake>();

  /** Notes that a message could not be taken, by itself or among others. */
  note(message: InputMessage, isAlone: boolean): void {
    const digest = digestOf(message);
    const isGivenUp = isAlone && this.#known.has(digest);
    this.#known.delete(digest);
    this.#known.set(digest, { length: message.body.length, isGivenUp });
    const [oldest = ''] = this.#known.keys();
    if (this.#known.size > MOST_MESSAGES) this.#known.delete(oldest);
  }

  /** Whether a message failed and must stand alone in its transaction. */
  isSuspect(message: InputMessage): boolean {
    return this.#find(message)?.isGivenUp === false;
  }

  /** Whether a message is not to be taken any more. */
  isGivenUp(message: InputMessage): boolean {
    return this.#find(message)?.isGivenUp === true;
  }

  /** A suspect got through after all. */
  acquit(message: InputMessage): void {
    if (this.isSuspect(message)) this.#known.delete(digestOf(message));
  }

  #find(message: InputMessage): FailedTake | undefined {
    if (this.#known.size === 0) return undefined;
    const { length } = message.body;
    const isLikely = [...this.#known.values()].some((known) => known.length === length);
    return isLikely ? this.#known.get(digestOf(message)) : undefined;
  }
}

/** The same for a message that is delivered again. */
function digestOf({ input, messageId = '', body, properties }: InputMessage): string {
  const { '$.cdid': device = '', '$.cmid': module = '', kind = '' } = properties;
  const identity = JSON.stringify([input, messageId, device, module, kind, body]);
  return createHash('sha256').update(identity).digest('base64');
}

/**
 * Mails that nobody took: messages of a storage queue, each with what is needed to send it again.
 *
 * Invariants:
 * - a mail is durable when `put` resolves, and stays until it was sent again or is removed;
 * - looking at the mails changes nothing.
 */
import { RestError, type QueueClient } from '@azure/storage-queue';
import { z } from 'zod';
import type { Mail } from './core/mail.ts';
import type { Tally } from './core/tally.ts';
import { queueClient } from './storage-account.ts';
import type { DeadLetter, DeadLetters } from './transport.ts';

/** What a queue message holds at most, bytes of base64. */
const MAX_MESSAGE_BYTES = 64 * 1024;
/** Most mails that are shown: what one request can peek at. */
const MAX_SHOWN = 32;
/** While a mail is sent again nobody else does so, seconds. */
const HELD_SECONDS = 300;
/** The service's word for "does not expire". */
const FOR_EVER = -1;

/** A mail as this app has written it; what is inside is this app's own. */
const Stored = z.object({
  reason: z.string(),
  attempts: z.number(),
  atMs: z.number(),
  mail: z.custom<Mail>((value) => typeof value === 'object' && value !== null),
});

/** A dead letter in the queue. */
export interface StoredLetter extends DeadLetter {
  readonly id: string;
}

/** A letter that is the caller's to send; `finish` removes it, `release` leaves it for another try. */
export interface HeldLetter {
  readonly letter: StoredLetter;
  finish(): Promise<void>;
  release(): Promise<void>;
}

export class DeadLetterQueue implements DeadLetters {
  readonly #queue: QueueClient;

  constructor(queue: QueueClient) {
    this.#queue = queue;
  }

  async put(letter: DeadLetter): Promise<void> {
    await this.#queue.sendMessage(encode(letter), { messageTimeToLive: FOR_EVER });
  }

  /** The oldest letters, at most 32; those that are being sent again are not among them. */
  async list(): Promise<StoredLetter[]> {
    const { peekedMessageItems } = await this.#queue.peekMessages({ numberOfMessages: MAX_SHOWN });
    return peekedMessageItems.flatMap(({ messageId, messageText }) =>
      decode(messageId, messageText),
    );
  }

  /** About how many letters there are. */
  async count(): Promise<number> {
    return (await this.#queue.getProperties()).approximateMessagesCount ?? 0;
  }

  /** Takes one letter for a while; undefined when it is gone, or somebody else holds it. */
  async hold(id: string): Promise<HeldLetter | undefined> {
    const { receivedMessageItems } = await this.#queue.receiveMessages({
      numberOfMessages: MAX_SHOWN,
      visibilityTimeout: HELD_SECONDS,
    });
    let held: HeldLetter | undefined;
    for (const { messageId, messageText, popReceipt } of receivedMessageItems) {
      const release = async (): Promise<void> => {
        await this.#queue.updateMessage(messageId, popReceipt, undefined, 0);
      };
      const [letter] = messageId === id ? decode(messageId, messageText) : [];
      if (letter === undefined) await release();
      else held = { letter, release, finish: () => this.#remove(messageId, popReceipt) };
    }
    return held;
  }

  async #remove(messageId: string, popReceipt: string): Promise<void> {
    await this.#queue.deleteMessage(messageId, popReceipt);
  }
}

/** Opens the queue and makes it when it is missing. */
export async function openDeadLetterQueue(storage: string, name: string): Promise<DeadLetterQueue> {
  const queue = queueClient(storage, name);
  await queue.createIfNotExists();
  return new DeadLetterQueue(queue);
}

/** Whether storage refused a message that somebody else has taken or removed meanwhile. */
export function isLetterGone(error: unknown): boolean {
  return error instanceof RestError && (error.statusCode === 404 || error.statusCode === 400);
}

/** What is left out of a mail that does not fit, step by step: it still counts everything. */
const LIMITS = [
  { listed: 50, meters: 100 },
  { listed: 10, meters: 100 },
  { listed: 1, meters: 10 },
  { listed: 0, meters: 0 },
] as const;

function encode({ mail, ...rest }: DeadLetter): string {
  const texts = LIMITS.map(({ listed, meters }) => {
    const { model } = mail;
    const news = shorten(model.news, listed, meters);
    const total = shorten(model.total, listed, meters);
    const newMeters = model.newMeters.slice(0, meters);
    return toBase64({ ...rest, mail: { ...mail, model: { ...model, news, total, newMeters } } });
  });
  return texts.find(({ length }) => length <= MAX_MESSAGE_BYTES) ?? texts.at(-1) ?? '';
}

function shorten(tally: Tally, listed: number, meters: number): Tally {
  const left = tally.meters.slice(meters).reduce((sum, { spikes, dips }) => sum + spikes + dips, 0);
  return {
    ...tally,
    listed: tally.listed.toSorted((a, b) => a.score - b.score).slice(0, listed),
    meters: tally.meters.slice(0, meters),
    ofOtherMeters: tally.ofOtherMeters + left,
  };
}

function toBase64(value: unknown): string {
  return Buffer.from(JSON.stringify(value)).toString('base64');
}

function decode(id: string, text: string): StoredLetter[] {
  try {
    const parsed = Stored.safeParse(JSON.parse(Buffer.from(text, 'base64').toString('utf8')));
    return parsed.success ? [{ id, ...parsed.data }] : [];
  } catch {
    return [];
  }
}

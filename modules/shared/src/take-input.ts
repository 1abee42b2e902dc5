/** Takes the messages of a transaction, and puts those aside that a module cannot take. */
import type { Clock } from './clock.ts';
import { isDatabaseFault } from './database.ts';
import type { DurableCore } from './durable-core.ts';
import { EdgeError, messageOf } from './edge-error.ts';
import type { InputMessage } from './edge-client.ts';
import type { Effects } from './effects.ts';
import type { FailedTakes } from './failed-takes.ts';
import type { MessageKind } from './wire-contract.ts';

const REASON = 'the module cannot take it';

/** What input goes into. */
export interface TakingParts {
  readonly core: Pick<DurableCore<never>, 'take' | 'keepsLedger'>;
  readonly effects: Effects;
  readonly failedTakes: FailedTakes;
  readonly clock: Clock;
  /** What is lost with input that is put aside; a module that keeps the ledger tells it by its kind. */
  readonly lostKind: MessageKind;
}

/**
 * Takes messages, inside the caller's transaction.
 *
 * @throws EdgeError MESSAGE_NOT_TAKEN when the module has a fault that this message brings out: memory
 * is ahead of the disk then, and the message is noted; whatever the database throws
 */
export function takeInput(messages: readonly InputMessage[], parts: TakingParts): void {
  const { core, effects, failedTakes } = parts;
  for (const message of messages) {
    if (failedTakes.isGivenUp(message)) {
      putAside(message, parts);
      continue;
    }
    try {
      core.take(message, effects);
    } catch (error) {
      if (isDatabaseFault(error)) throw error;
      failedTakes.note(message, messages.length === 1);
      const text = `a message of the input ${message.input} cannot be taken: ${messageOf(error)}`;
      throw new EdgeError('MESSAGE_NOT_TAKEN', text, error);
    }
  }
}

function putAside(message: InputMessage, { core, effects, clock, lostKind }: TakingParts): void {
  const count = entriesOf(message.body);
  effects.counters.received += count;
  effects.quarantine(message, REASON, message.body, count);
  // The others that get the same input may well use it: what it would have become here is lost.
  if (core.keepsLedger === true) return;
  const atMs = clock.nowMs();
  effects.lost({ lostKind, id: '', fromMs: atMs, toMs: atMs, count, reason: REASON });
}

function entriesOf(body: string): number {
  try {
    const value: unknown = JSON.parse(body);
    return Array.isArray(value) ? Math.max(1, value.length) : 1;
  } catch {
    return 1;
  }
}

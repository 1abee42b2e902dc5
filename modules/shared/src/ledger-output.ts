/**
 * Tells of losses on the output `ledger`.
 *
 * Invariants:
 * - losses leave the ledger in the transaction that appends their message, whose number is kept with
 *   it: the same message has the same id, whatever is killed when;
 * - one message at a time: while it waits for edgeHub, losses add up in the ledger.
 */
import type { Clock } from './clock.ts';
import { firstNumber, type ClockWatch } from './clock-watch.ts';
import type { KeptValues } from './kept-values.ts';
import type { LossLedger } from './loss-ledger.ts';
import { messageIdOf } from './message-id.ts';
import type { Outbox } from './outbox.ts';

/** The output that the messages leave on. */
export const LEDGER_OUTPUT = 'ledger';

/** Only losses have it, so that what waits can be counted; they leave after what a module is for. */
const LEDGER_PRIORITY = 1;
/** Losses are added up for so long, unless they fill a message before. */
const EVERY_MS = 10_000;
/** Entries of the greatest length together stay below the largest message. */
const MOST_ENTRIES = 100;
const NUMBER = 'ledger number';

export interface LedgerOutputParts {
  readonly ledger: LossLedger;
  readonly outbox: Outbox;
  readonly kept: KeptValues;
  readonly clock: Clock;
  /** For when a message began to wait: its age must not jump when the clock is set. */
  readonly clockWatch: Pick<ClockWatch, 'steadyMs'>;
  /** Device and module, for message ids. */
  readonly sender: string;
}

export class LedgerOutput {
  readonly #parts: LedgerOutputParts;
  #lastMs = Number.NEGATIVE_INFINITY;

  constructor(parts: LedgerOutputParts) {
    this.#parts = parts;
  }

  /** Whether there is something to tell, and it may be told now. */
  get isDue(): boolean {
    const { ledger, outbox, clock } = this.#parts;
    const isWorthIt =
      ledger.entries >= MOST_ENTRIES || clock.monotonicMs() - this.#lastMs >= EVERY_MS;
    return ledger.entries > 0 && isWorthIt && outbox.countOf(LEDGER_PRIORITY) === 0;
  }

  /** Appends a message when one is due, inside the caller's transaction. */
  settle(): void {
    if (!this.isDue) return;
    const { ledger, outbox, kept, clock, clockWatch, sender } = this.#parts;
    this.#lastMs = clock.monotonicMs();
    const number = Number(kept.read(NUMBER) ?? firstNumber(clock));
    kept.write(NUMBER, number + 1);
    const message = {
      priority: LEDGER_PRIORITY,
      output: LEDGER_OUTPUT,
      messageId: messageIdOf('ledger', sender, number),
      properties: { kind: 'ledger' },
      body: JSON.stringify(ledger.take(MOST_ENTRIES)),
    };
    outbox.append(message, clockWatch.steadyMs());
  }
}

/** What makes one durable module different from another. */
import type { InputMessage, MethodResponse } from './edge-client.ts';
import type { Effects } from './effects.ts';
import type { Waiting } from './figures.ts';
import type { OutboxEntry } from './outbox.ts';
import type { Admission } from './outbox-sender.ts';

/** Direct methods by name. */
export type DirectMethods = Readonly<Record<string, (payload: unknown) => MethodResponse>>;

/** All but `due` and `tidy` run inside the transaction. */
export interface DurableCore<Config> {
  /** Takes one message into memory. One that it throws at twice is put aside. */
  take(message: InputMessage, effects: Effects): void;
  /** Writes what changed and appends results, once after all messages of a transaction. */
  settle(effects: Effects): void;
  /** Whether `settle` has something to do that no message brought. Asked four times a second. */
  due(): boolean;
  /** Work on the database between transactions, as often as `due`. */
  tidy?(): void;
  configure(config: Config): void;
  /** Ends what goes on outside of transactions; none follows. */
  stop?(): void;
  /** Called with messages that edgeHub acknowledged and that leave the outbox now. */
  acknowledged?(entries: readonly OutboxEntry[]): void;
  /** What waits to be sent outside of the outbox. */
  waiting?(): Waiting;
  /** More figures for the direct method `status`. */
  status?(): Readonly<Record<string, unknown>>;
  readonly admission?: Admission;
  /** Inputs whose messages are taken before those of the others, when much has arrived. */
  readonly urgentInputs?: readonly string[];
  /** Messages of this priority were delivered before, and are not counted again. */
  readonly resendPriority?: number;
  /** Direct methods beside `ping` and `status`; called outside of any transaction. */
  readonly methods?: DirectMethods;
  /**
   * For the one module that everything passes on its way up: input it could not use is a loss, which
   * the others that get the same input do not tell again, and it sends the ledger itself.
   */
  readonly keepsLedger?: true;
}

import { z } from 'zod';
import { countInMessage } from './message-id.ts';
import type { OutboxEntry } from './outbox.ts';

/**
 * What a module has done since its database was made; the same names in every module.
 *
 * They are committed with the effects they count, so that a kill loses and repeats none.
 */
export const Counters = z.object({
  /** Readings and results that came in, repeats included. */
  received: z.int().default(0),
  /** Of these, the ones that had come before. */
  repeats: z.int().default(0),
  /** Of these, the ones that came after their place in the order was given up. */
  late: z.int().default(0),
  /** Of these, the ones that a leaf device sent in another's name. */
  refused: z.int().default(0),
  /** Entries put into quarantine, refusals included. */
  quarantined: z.int().default(0),
  /** Readings and results that did not get through and were noted in the ledger. */
  lost: z.int().default(0),
  /** Readings and results that edgeHub acknowledged; what `resend` sends once more does not count again. */
  delivered: z.int().default(0),
  /** Messages that edgeHub acknowledged. */
  sent: z.int().default(0),
  /** Sends that ended without acknowledgement and were repeated. */
  resent: z.int().default(0),
  /** How often the module was started on this database. */
  starts: z.int().default(0),
});
export type Counters = z.infer<typeof Counters>;

/** Counts messages that edgeHub acknowledged; those of `resendPriority` were delivered before. */
export function countAcknowledged(
  counters: Counters,
  entries: readonly OutboxEntry[],
  resendPriority: number | undefined,
): void {
  counters.sent += entries.length;
  for (const { messageId, properties, priority } of entries) {
    if (properties['kind'] === 'ledger' || priority === resendPriority) continue;
    counters.delivered += countInMessage(messageId);
  }
}

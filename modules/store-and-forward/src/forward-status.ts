import type { StoreAndForwardConfig } from './config.ts';
import type { ForwardParts } from './forward-parts.ts';

/** What store-and-forward adds to the direct method `status`. */
export function forwardStatus(parts: ForwardParts, config: StoreAndForwardConfig) {
  const { packer, backlog, bulk, delivered, resend, budget, admission, clock } = parts;
  const { used } = budget.usedAt(clock.nowMs());
  const { maxBilledMessagesPerDay: limit } = config;
  return {
    edgeHubQueueLength: admission.queueLength ?? null,
    uplinkHint: admission.hint,
    ...packer.status(),
    ...backlog.status(),
    ...bulk.status(),
    billedMessagesToday: used,
    billedMessagesLeft: limit === 0 ? null : Math.max(0, limit - used),
    deliveredMessages: delivered.messages,
    deliveredBytes: delivered.bytes,
    deliveredSince: instantOf(delivered.oldestMs),
    resend: resend.status(),
  };
}

function instantOf(atMs: number | undefined): string | null {
  return atMs === undefined ? null : new Date(atMs).toISOString();
}

import type { MessageKind } from '../../shared/src/wire-contract.ts';

/** Priority of each kind: the lower, the earlier it leaves. */
export const PRIORITY = {
  anomaly: 0,
  average: 1,
  ledger: 1,
  upload: 1,
  telemetry: 2,
} as const satisfies Record<MessageKind, number>;

/** Telemetry that waited in blocks, and what took its place. */
export const BACKLOG_PRIORITY = 3;

/** What was delivered before, of any kind. */
export const RESEND_PRIORITY = 4;

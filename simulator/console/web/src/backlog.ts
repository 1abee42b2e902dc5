import { valueOf } from '../../core/section.ts';
import type { SystemStatus } from '../../core/system-status.ts';

/** Messages waiting on the gateway for the link. */
export interface Backlog {
  /** In store-and-forward's database. */
  readonly stored: number;
  /** Handed over to edgeHub, not yet acknowledged by IoT Hub. */
  readonly handedOver: number;
  readonly total: number;
}

/** What the gateway holds, or undefined while neither side says. */
export function backlogOf({ modules, edgeHub }: Partial<SystemStatus>): Backlog | undefined {
  const rows = valueOf(modules)?.['store-and-forward']?.['outboxRows'];
  const queued = valueOf(edgeHub)?.upstream.queued;
  if (typeof rows !== 'number' && queued === undefined) return undefined;
  const stored = typeof rows === 'number' ? rows : 0;
  const handedOver = queued ?? 0;
  return { stored, handedOver, total: stored + handedOver };
}

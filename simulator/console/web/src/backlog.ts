import { valueOf } from '../../core/section.ts';
import type { SystemStatus } from '../../core/system-status.ts';

/** What waits on the gateway for the link. */
export interface Backlog {
  /** Readings in store-and-forward's database that are in no message yet. */
  readonly readings: number;
  /** Messages in store-and-forward's outbox. */
  readonly outbox: number;
  /** Messages handed over to edgeHub, which IoT Hub has not acknowledged. */
  readonly handedOver: number;
  /** All of them together. */
  readonly total: number;
}

/** What the gateway holds, or undefined while neither side says. */
export function backlogOf({ modules, edgeHub }: Partial<SystemStatus>): Backlog | undefined {
  const counters = valueOf(modules)?.['store-and-forward'];
  const queued = valueOf(edgeHub)?.upstream.queued;
  if (counters === undefined && queued === undefined) return undefined;
  const readings = countOf(counters?.['backlogReadings']);
  const outbox = countOf(counters?.['outboxRows']);
  const handedOver = queued ?? 0;
  return { readings, outbox, handedOver, total: readings + outbox + handedOver };
}

function countOf(value: unknown): number {
  return typeof value === 'number' ? value : 0;
}

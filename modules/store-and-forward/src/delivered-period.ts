/** Which instants a message tells of. */
import { z } from 'zod';
import { plainReading } from '../../shared/src/plain-reading.ts';
import {
  Anomaly,
  Average,
  LedgerEntry,
  Upload,
  type MessageKind,
} from '../../shared/src/wire-contract.ts';

/** First and last instant, epoch milliseconds. */
export interface Period {
  readonly fromMs: number;
  readonly toMs: number;
}

/** The instants of one entry of a body, by its kind. */
const INSTANTS = {
  telemetry: z.object({ time: z.string() }).transform(({ time }) => [time]),
  anomaly: Anomaly.pick({ time: true }).transform(({ time }) => [time]),
  average: Average.pick({ windowStart: true, windowEnd: true }).transform(
    ({ windowStart, windowEnd }) => [windowStart, windowEnd],
  ),
  ledger: LedgerEntry.pick({ from: true, to: true }).transform(({ from, to }) => [from, to]),
  upload: Upload.pick({ from: true, to: true }).transform(({ from, to }) => [from, to]),
} as const satisfies Record<MessageKind, z.ZodType<string[]>>;

/** The period of a body: one entry, or an array of them. Readings of all years at once are one period. */
export function periodOf(kind: MessageKind, body: string): Period {
  const parsed: unknown = JSON.parse(body);
  const entries: unknown[] = Array.isArray(parsed) ? parsed : [parsed];
  let fromMs = Number.POSITIVE_INFINITY;
  let toMs = Number.NEGATIVE_INFINITY;
  for (const entry of entries) {
    const plain = kind === 'telemetry' ? plainReading(entry) : undefined;
    if (plain !== undefined) {
      fromMs = Math.min(fromMs, plain.atMs);
      toMs = Math.max(toMs, plain.atMs);
      continue;
    }
    for (const instant of INSTANTS[kind].parse(entry)) {
      const atMs = Date.parse(instant);
      fromMs = Math.min(fromMs, atMs);
      toMs = Math.max(toMs, atMs);
    }
  }
  return { fromMs, toMs };
}

/** Whether two periods share an instant. */
export function overlap(a: Period, b: Period): boolean {
  return a.fromMs <= b.toMs && a.toMs >= b.fromMs;
}

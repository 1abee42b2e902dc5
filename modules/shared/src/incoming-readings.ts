/**
 * The readings of an input message, checked once for all modules.
 *
 * Invariants:
 * - a leaf device speaks only for itself: a reading in another's name is refused;
 * - what is not a reading goes to quarantine with its reason and never holds up the rest;
 * - nothing that is handed on is nested deeper than `MOST_LEVELS`, so that it can be written again.
 */
import type { z } from 'zod';
import type { Effects } from './durable-module.ts';
import type { InputMessage } from './edge-client.ts';
import { Reading } from './wire-contract.ts';

/** Levels of objects and arrays in a body. Reading text knows no limit, but writing it is recursive. */
const MOST_LEVELS = 32;

/** What taking readings in may do. */
type Intake = Pick<Effects, 'counters' | 'quarantine'>;

/** A valid reading and its instant. */
export interface IncomingReading {
  readonly reading: Reading;
  /** Event time, epoch milliseconds. */
  readonly atMs: number;
}

/** The valid readings of a message; the rest is counted and quarantined. */
export function incomingReadings(message: InputMessage, effects: Intake): IncomingReading[] {
  const entries = entriesOf(message, effects);
  effects.counters.received += entries.length;
  return entries.flatMap((entry) => checkedReading(message, entry, effects));
}

/** The objects of a message body, which is one or an array of them; none when it is not usable. */
export function entriesOf(message: InputMessage, effects: Intake): unknown[] {
  let body: unknown;
  try {
    body = JSON.parse(message.body);
  } catch {
    return refuseBody(message, 'the body is not JSON', effects);
  }
  if (isDeeperThan(body, MOST_LEVELS)) return refuseBody(message, 'nested too deeply', effects);
  return Array.isArray(body) ? body : [body];
}

function refuseBody(message: InputMessage, reason: string, effects: Intake): [] {
  effects.counters.received += 1;
  effects.quarantine(message, reason, message.body);
  return [];
}

function isDeeperThan(value: unknown, levels: number): boolean {
  if (typeof value !== 'object' || value === null) return false;
  return levels === 0 || Object.values(value).some((inner) => isDeeperThan(inner, levels - 1));
}

function checkedReading(message: InputMessage, entry: unknown, effects: Intake): IncomingReading[] {
  const parsed = Reading.safeParse(entry);
  if (!parsed.success) {
    const reason = `not a reading: ${firstProblem(parsed.error)}`;
    effects.quarantine(message, reason, JSON.stringify(entry));
    return [];
  }
  const reading = parsed.data;
  const { '$.cdid': device, '$.cmid': module } = message.properties;
  if (module === undefined && device !== undefined && device !== reading.id) {
    effects.counters.refused += 1;
    effects.quarantine(message, 'a device speaks only for itself', JSON.stringify(entry));
    return [];
  }
  return [{ reading, atMs: Date.parse(reading.time) }];
}

/** The first problem of a schema check in a few words: where, and what. */
export function firstProblem(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim();
}

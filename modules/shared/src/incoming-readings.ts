/**
 * The readings of an input message, checked once for all modules.
 *
 * Invariants:
 * - a leaf device speaks only for itself: a reading in another's name is refused;
 * - what is not a reading goes to quarantine with its reason and never holds up the rest;
 * - a time that cannot be right is refused, one that is merely ahead only by a clock that is.
 */
import type { z } from 'zod';
import type { ClockWatch } from './clock-watch.ts';
import type { InputMessage } from './edge-client.ts';
import { messageEntries, Refusals, type Intake, type MessageEntry } from './message-entries.ts';
import { Reading } from './wire-contract.ts';

/** A valid reading and its instant. */
export interface IncomingReading {
  readonly reading: Reading;
  /** Event time, epoch milliseconds. */
  readonly atMs: number;
}

/** A reading with the place it came from. */
interface Placed extends IncomingReading {
  readonly entry: MessageEntry;
}

/** What taking readings in may do. */
export interface ReadingIntake extends Intake {
  readonly clockWatch: ClockWatch;
}

/** The valid readings of a message; the rest is counted and quarantined. */
export function incomingReadings(message: InputMessage, effects: ReadingIntake): IncomingReading[] {
  const refusals = new Refusals(message, effects);
  const placed: Placed[] = [];
  for (const entry of messageEntries(message, 'telemetry', { refusals, effects })) {
    const reading = checkedReading(entry, refusals);
    if (reading === undefined) continue;
    if (isForeign(reading, message)) {
      effects.counters.refused += 1;
      refusals.refuse(entry, 'a device speaks only for itself', 'id');
    } else placed.push({ reading, atMs: Date.parse(reading.time), entry });
  }
  const believed = believedReadings(placed, effects.clockWatch, refusals);
  refusals.end();
  return believed;
}

/** The first problem of a schema check in a few words: where, and what. */
export function firstProblem(error: z.ZodError): string {
  const [issue] = error.issues;
  return `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}`.trim();
}

function checkedReading(entry: MessageEntry, refusals: Refusals): Reading | undefined {
  const what = 'not a reading';
  // The schema takes its time to find words for what is wrong.
  if (refusals.areMany && !hasFields(entry.value)) {
    refusals.refuse(entry, what);
    return undefined;
  }
  const parsed = Reading.safeParse(entry.value);
  if (parsed.success) return parsed.data;
  refusals.refuse(entry, what, firstProblem(parsed.error));
  return undefined;
}

function hasFields(value: unknown): boolean {
  return typeof value === 'object' && value !== null && 'id' in value && 'time' in value;
}

function isForeign({ id }: Reading, { properties }: InputMessage): boolean {
  const { '$.cdid': device, '$.cmid': module } = properties;
  return module === undefined && device !== undefined && device !== id;
}

/** All of a message are heard before the first is judged: they say what the clock is worth. */
function believedReadings(
  placed: readonly Placed[],
  clockWatch: ClockWatch,
  refusals: Refusals,
): IncomingReading[] {
  clockWatch.hear(placed);
  const judge = clockWatch.judge();
  return placed.filter(({ atMs, entry }) => {
    const absurd = judge(atMs);
    if (absurd !== undefined) refusals.refuse(entry, absurd, 'time');
    return absurd === undefined;
  });
}

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
import { countKeys } from './core/json-keys.ts';
import { plainReading, type TimedReading } from './plain-reading.ts';
import type { InputMessage } from './edge-client.ts';
import {
  isOfKind,
  messageEntries,
  parsedBody,
  Refusals,
  type Intake,
  type MessageEntry,
} from './message-entries.ts';
import { Reading } from './wire-contract.ts';

/** A valid reading and its instant. */
export type IncomingReading = TimedReading;

/** Valid readings with the entries of their message that they came from. */
interface Found {
  readonly readings: readonly IncomingReading[];
  readonly entryOf: (index: number) => MessageEntry;
}

/** What taking readings in may do. */
export interface ReadingIntake extends Intake {
  readonly clockWatch: ClockWatch;
}

/** The valid readings of a message; the rest is counted and quarantined. */
export function incomingReadings(message: InputMessage, effects: ReadingIntake): IncomingReading[] {
  const refusals = new Refusals(message, effects);
  const found = plainReadings(message, effects) ?? checkedReadings(message, effects, refusals);
  const believed = believedReadings(found, effects.clockWatch, refusals);
  refusals.end();
  return believed;
}

/** All readings of a message in which each is plain; undefined when there is anything else to look at. */
function plainReadings(message: InputMessage, { counters }: ReadingIntake): Found | undefined {
  if (!isOfKind(message, 'telemetry')) return undefined;
  const parsed = parsedBody(message);
  if ('fault' in parsed) return undefined;
  const { value } = parsed;
  const isArray = Array.isArray(value);
  const values: unknown[] = isArray ? value : [value];
  const readings: IncomingReading[] = [];
  let keys = 0;
  for (const each of values) {
    const plain = plainReading(each);
    if (plain === undefined || isForeign(plain.reading, message)) return undefined;
    keys += plain.reading.seq === undefined ? 3 : 4;
    readings.push(plain);
  }
  // A key that stands twice was parsed as one.
  if (keys !== countKeys(message.body)) return undefined;
  counters.received += values.length;
  const entryOf = (index: number) => ({ value: values[index], place: isArray ? `[${index}]` : '' });
  return { readings, entryOf };
}

/** The readings of any message, each checked by its schema. */
function checkedReadings(message: InputMessage, effects: ReadingIntake, refusals: Refusals): Found {
  const readings: IncomingReading[] = [];
  const entries: MessageEntry[] = [];
  for (const entry of messageEntries(message, 'telemetry', { refusals, effects })) {
    const reading = checkedReading(entry, refusals);
    if (reading === undefined) continue;
    if (isForeign(reading, message)) {
      effects.counters.refused += 1;
      refusals.refuse(entry, 'a device speaks only for itself', 'id');
    } else {
      readings.push({ reading, atMs: Date.parse(reading.time) });
      entries.push(entry);
    }
  }
  const entryOf = (index: number) => entries[index] ?? { value: undefined, place: '' };
  return { readings, entryOf };
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
  { readings, entryOf }: Found,
  clockWatch: ClockWatch,
  refusals: Refusals,
): IncomingReading[] {
  clockWatch.hear(readings);
  const judge = clockWatch.judge();
  return readings.filter(({ atMs }, index) => {
    const absurd = judge(atMs);
    if (absurd !== undefined) refusals.refuse(entryOf(index), absurd, 'time');
    return absurd === undefined;
  });
}

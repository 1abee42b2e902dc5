/**
 * Reads a file of events for the dry run.
 *
 * A JSON array, one object, or objects line by line: anomalies as on the hub `alerts` and averages as
 * on the hub `hot-path` (signs of life of their gateway). `arrivedAt` says when an event arrives; left
 * out, it arrives when it happens.
 */
import { z } from 'zod';
import { readAlertEvent } from '../alert-events.ts';
import type { Anomaly } from '../core/anomaly.ts';

/** An event of the file. Instants are epoch milliseconds. */
export type FileEvent =
  | { readonly kind: 'anomaly'; readonly anomaly: Anomaly; readonly arrivedMs: number }
  | { readonly kind: 'heard'; readonly gateway: string; readonly arrivedMs: number };

/** What could not be read, and where it stands. */
export interface FileFault {
  /** `line 3`, `line 3, column 7` or `event 4`. */
  readonly place: string;
  readonly message: string;
}

export interface FileContent {
  readonly events: readonly FileEvent[];
  readonly faults: readonly FileFault[];
}

const Instant = z.iso.datetime({ offset: true }).transform((text) => Date.parse(text));
const Envelope = z.looseObject({ arrivedAt: Instant.optional() });
const Average = z.looseObject({ windowEnd: Instant, gateway: z.string().min(1).max(256) });

interface Placed {
  readonly place: string;
  readonly value: unknown;
}

/** Reads the text of a file; malformed events are told of and leave the others alone. */
export function readEvents(text: string): FileContent {
  const parsed = parseText(text);
  const read = parsed.values.map(readEvent);
  return {
    events: read.flatMap((item) => ('event' in item ? [item.event] : [])),
    faults: [...parsed.faults, ...read.flatMap((item) => ('fault' in item ? [item.fault] : []))],
  };
}

interface Parsed {
  readonly values: readonly Placed[];
  readonly faults: readonly FileFault[];
}

function parseText(text: string): Parsed {
  const whole = parseJson(text);
  if ('value' in whole) {
    const list: unknown[] = Array.isArray(whole.value) ? whole.value : [whole.value];
    return {
      values: list.map((value, index) => ({ place: `event ${index + 1}`, value })),
      faults: [],
    };
  }
  if (!areLines(text)) {
    return { values: [], faults: [{ place: placeOf(text, whole), message: whole.message }] };
  }
  const values: Placed[] = [];
  const faults: FileFault[] = [];
  for (const [index, line] of text.split('\n').entries()) {
    if (line.trim() === '') continue;
    const item = parseJson(line);
    const place = `line ${index + 1}`;
    if ('value' in item) values.push({ place, value: item.value });
    else faults.push({ place, message: item.message });
  }
  return { values, faults };
}

interface SyntaxFault {
  readonly message: string;
  /** Offset in the text; undefined when the parser does not say. */
  readonly position: number | undefined;
}

function parseJson(text: string): { readonly value: unknown } | SyntaxFault {
  try {
    return { value: JSON.parse(text) };
  } catch (error) {
    const message = error instanceof Error ? error.message : String(error);
    const position = /at position (\d+)/.exec(message)?.[1];
    return {
      message: `not JSON: ${message.replace(/ (in JSON )?at position.*$/s, '')}`,
      position: position === undefined ? undefined : Number(position),
    };
  }
}

/** Objects line by line: the first line is a whole one. */
function areLines(text: string): boolean {
  const [first = ''] = text.split('\n').filter((line) => line.trim() !== '');
  return 'value' in parseJson(first) && first.trim().startsWith('{');
}

/** Where the parser stopped, as far as it says. */
function placeOf(text: string, { position }: SyntaxFault): string {
  if (position === undefined) return 'somewhere';
  const before = text.slice(0, position).split('\n');
  return `line ${before.length}, column ${(before.at(-1) ?? '').length + 1}`;
}

/** Many lines of reasons in one. */
function inOneLine(reason: string): string {
  return reason
    .replace(/\n\s*→ at ([^\n]+)/g, ' (in $1)')
    .replaceAll('✖ ', '')
    .replaceAll('\n', '; ');
}

function readEvent({ place, value }: Placed): { event: FileEvent } | { fault: FileFault } {
  const envelope = Envelope.safeParse(value);
  if (!envelope.success)
    return { fault: { place, message: inOneLine(z.prettifyError(envelope.error)) } };
  const { arrivedAt } = envelope.data;
  const average = Average.safeParse(value);
  if (average.success) {
    const { gateway, windowEnd } = average.data;
    return { event: { kind: 'heard', gateway, arrivedMs: arrivedAt ?? windowEnd } };
  }
  const [item] = readAlertEvent(value);
  if (item?.kind !== 'anomaly') {
    return { fault: { place, message: inOneLine(item?.reason ?? 'there is nothing in it') } };
  }
  const { anomaly } = item;
  return { event: { kind: 'anomaly', anomaly, arrivedMs: arrivedAt ?? anomaly.atMs } };
}

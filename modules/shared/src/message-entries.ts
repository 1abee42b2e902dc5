/**
 * The entries of a message body, which is one object or an array of them.
 *
 * Invariants:
 * - a bad entry never takes a good one of the same message with it;
 * - what is handed on is written again as it came: nothing is nested too deeply, stands twice, or
 *   has no number in JSON;
 * - the work for a message is bounded by its length, and few of its refusals are kept one by one.
 */
import { countKeys, repeatedKeys } from './core/json-keys.ts';
import type { Effects } from './effects.ts';
import type { InputMessage } from './edge-client.ts';
import type { MessageKind } from './wire-contract.ts';

/** Levels of objects and arrays in a body. Reading text knows no limit, but writing it is recursive. */
const MOST_LEVELS = 32;
/** Refusals of one message that go to quarantine one by one; the rest together. */
const MOST_KEPT = 10;
/** As much of a forged `kind` as a reason shows. */
const MOST_SHOWN = 40;

/** An entry of a message, and where it stands. */
export interface MessageEntry {
  readonly value: unknown;
  /** Empty when the body is the entry, else `[3]`. */
  readonly place: string;
}

/** What the checks of a message may do. */
export type Intake = Pick<Effects, 'counters' | 'quarantine'>;

/** Refuses entries of one message: what is wrong, a colon, and where. */
export class Refusals {
  readonly #message: InputMessage;
  readonly #effects: Intake;
  #refused = 0;

  constructor(message: InputMessage, effects: Intake) {
    this.#message = message;
    this.#effects = effects;
  }

  get areNone(): boolean {
    return this.#refused === 0;
  }

  /** So many were refused already that nobody will read why. */
  get areMany(): boolean {
    return this.#refused >= MOST_KEPT;
  }

  /** Refuses one entry. */
  refuse(entry: MessageEntry, what: string, detail = ''): void {
    this.#refused += 1;
    if (this.#refused > MOST_KEPT) return;
    const where = [entry.place, detail].filter((part) => part !== '').join(' ');
    const reason = where === '' ? what : `${what}: ${where}`;
    this.#effects.quarantine(this.#message, reason, this.#textOf(entry));
  }

  /** Refuses all of it. */
  refuseBody(what: string, detail = ''): void {
    this.#effects.counters.received += 1;
    this.refuse({ value: undefined, place: '' }, what, detail);
  }

  /** Puts the rest into quarantine as one. */
  end(): void {
    const more = this.#refused - MOST_KEPT;
    if (more <= 0) return;
    const reason = `more refused entries of one message: ${more}`;
    this.#effects.quarantine(this.#message, reason, this.#message.body, more);
  }

  /** Of an entry that cannot be written, the whole message. */
  #textOf({ value, place }: MessageEntry): string {
    if (place === '' || depthFault(value) !== undefined) return this.#message.body;
    return JSON.stringify(value) ?? '';
  }
}

/** The entries of a message of a kind that can be looked at; the others are refused. */
export function messageEntries(
  message: InputMessage,
  kind: MessageKind,
  { refusals, effects }: { readonly refusals: Refusals; readonly effects: Intake },
): MessageEntry[] {
  const { body } = message;
  if (!isOfKind(message, kind)) {
    const sent = message.properties['kind']?.slice(0, MOST_SHOWN);
    refusals.refuseBody('of another kind', `${sent} instead of ${kind}`);
    return [];
  }
  const parsed = parsedBody(message);
  if ('fault' in parsed) {
    refusals.refuseBody(parsed.fault);
    return [];
  }
  const isArray = Array.isArray(parsed.value);
  const values: unknown[] = Array.isArray(parsed.value) ? parsed.value : [parsed.value];
  effects.counters.received += values.length;
  const found: Findings = { keys: 0, fault: undefined };
  const faults = values.map((value) =>
    faultOf(value, isArray ? MOST_LEVELS - 1 : MOST_LEVELS, found),
  );
  const repeated = found.keys === countKeys(body) ? undefined : repeatedKeys(body);
  return values.flatMap((value, index) => {
    const entry = { value, place: isArray ? `[${index}]` : '' };
    const key = repeated?.get(index);
    const fault = faults[index] ?? (key === undefined ? undefined : 'a key stands twice');
    if (fault === undefined) return [entry];
    refusals.refuse(entry, fault, key?.slice(0, MOST_SHOWN));
    return [];
  });
}

/** Whether a message says that it is of a kind, or says nothing. */
export function isOfKind({ properties }: InputMessage, kind: MessageKind): boolean {
  const sent = properties['kind'];
  return sent === undefined || sent === '' || sent === kind;
}

/** What the body is as JSON, or why it is none. */
export function parsedBody({ body, isUtf8 }: InputMessage): { value: unknown } | { fault: string } {
  if (isUtf8 === false) return { fault: 'the body is not UTF-8' };
  try {
    const value: unknown = JSON.parse(body);
    return { value };
  } catch {
    return { fault: body.trim() === '' ? 'the body is empty' : 'the body is not JSON' };
  }
}

interface Findings {
  /** Keys of all objects that were looked at. */
  keys: number;
  fault: string | undefined;
}

function faultOf(value: unknown, levels: number, found: Findings): string | undefined {
  found.fault = undefined;
  inspect(value, levels, found);
  return found.fault;
}

function depthFault(value: unknown): string | undefined {
  return faultOf(value, MOST_LEVELS, { keys: 0, fault: undefined });
}

/** Goes no deeper than `levels`, and stops at the first fault. */
function inspect(value: unknown, levels: number, found: Findings): void {
  if (typeof value === 'number' && !Number.isFinite(value)) found.fault = 'a number is infinite';
  if (typeof value !== 'object' || value === null) return;
  if (levels === 0) {
    found.fault = 'nested too deeply';
    return;
  }
  const isArray = Array.isArray(value);
  for (const [key, inner] of Object.entries(value)) {
    if (found.fault !== undefined) return;
    if (!isArray) found.keys += 1;
    if (key === '__proto__') found.fault = 'a key is __proto__';
    else if (typeof inner === 'object' || typeof inner === 'number') {
      inspect(inner, levels - 1, found);
    }
  }
}

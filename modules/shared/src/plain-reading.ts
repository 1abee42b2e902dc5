/**
 * Tells at a glance that a value is a reading as nearly all meters send them.
 *
 * Checking every reading against its schema costs more than all else that is done with it.
 *
 * Invariants:
 * - what is plain is valid by the schema `Reading`, and comes out as the schema gives it;
 * - of what is not plain nothing is said: the schema decides.
 */
import { MAX_DEGREES, MAX_METER_ID_LENGTH, MAX_SEQ, type Reading } from './wire-contract.ts';
import { plainInstantMs } from './instant.ts';

/** A valid reading and its instant. */
export interface TimedReading {
  readonly reading: Reading;
  /** Event time, epoch milliseconds. */
  readonly atMs: number;
}

const FIRST_PRINTABLE = 0x20;
const LAST_PRINTABLE = 0x7e;

/** The reading that a parsed value is, when it has `id`, `time`, `temp`, perhaps `seq`, and nothing else. */
export function plainReading(value: unknown): TimedReading | undefined {
  if (!isFields(value)) return undefined;
  const { id, time, temp, seq } = value;
  if (typeof id !== 'string' || typeof time !== 'string' || typeof temp !== 'number') {
    return undefined;
  }
  if (!(Math.abs(temp) <= MAX_DEGREES) || !isPlainId(id)) return undefined;
  const atMs = plainInstantMs(time);
  if (atMs === undefined) return undefined;
  if (seq === undefined) {
    return keyCount(value) === 3 ? { reading: { id, time, temp }, atMs } : undefined;
  }
  if (!isSequence(seq) || keyCount(value) !== 4) return undefined;
  return { reading: { id, time, temp, seq }, atMs };
}

interface Fields {
  readonly id?: unknown;
  readonly time?: unknown;
  readonly temp?: unknown;
  readonly seq?: unknown;
}

function isFields(value: unknown): value is Fields {
  return typeof value === 'object' && value !== null;
}

function isSequence(value: unknown): value is number {
  return Number.isSafeInteger(value) && Number(value) >= 0 && Number(value) <= MAX_SEQ;
}

/** Ids of printable ASCII; others may be valid too. */
function isPlainId(id: string): boolean {
  if (id.length < 1 || id.length > MAX_METER_ID_LENGTH) return false;
  for (let at = 0; at < id.length; at += 1) {
    const code = id.charCodeAt(at);
    if (code < FIRST_PRINTABLE || code > LAST_PRINTABLE) return false;
  }
  return true;
}

/** Of a value that JSON.parse made, which inherits no keys. */
function keyCount(value: object): number {
  let count = 0;
  for (const _ in value) count += 1;
  return count;
}

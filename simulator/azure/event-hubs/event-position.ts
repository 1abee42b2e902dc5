/**
 * Where a receiver wants to begin, as the selector filter of its source says.
 *
 * Forms: `amqp.annotation.x-opt-offset > '-1'`, `… > '@latest'`, `…x-opt-sequence-number > '7'`,
 * `…x-opt-enqueued-time > '1795000000000'`; `>=` includes the event itself.
 */
import { sequenceNumberAtOffset } from './event.ts';
import type { EventLog } from './event-log.ts';
import { invalidArgument, type ServiceError } from './amqp-errors.ts';

/** A place in a hub: one of its partitions. */
export interface PartitionPlace {
  readonly hub: string;
  readonly partitionId: string;
}

/** The receiver gets what follows this sequence number, or an error. */
export type StartPosition =
  { readonly afterSequenceNumber: number } | { readonly error: ServiceError };

const SELECTOR =
  /^amqp\.annotation\.x-opt-(offset|sequence-number|enqueued-time)\s*(>=?)\s*'([^']*)'$/;

/** Finds the place where a receiver with that selector begins; the oldest event without one. */
export function startPosition(
  log: EventLog,
  place: PartitionPlace,
  selector: string | undefined,
): StartPosition {
  if (selector === undefined) return { afterSequenceNumber: -1 };
  const [, annotation, comparison, text = ''] = SELECTOR.exec(selector.trim()) ?? [];
  const { lastSequenceNumber } = log.partition(place.hub, place.partitionId);
  if (annotation === 'offset' && text === '@latest') {
    return { afterSequenceNumber: lastSequenceNumber };
  }
  if (annotation === undefined || !/^-?\d{1,15}$/.test(text)) {
    return { error: invalidArgument(`The filter '${selector}' is not understood.`) };
  }
  const value = Number(text);
  const inclusive = comparison === '>=';
  if (annotation === 'enqueued-time') {
    const first = log.firstSequenceNumberAfter(place.hub, place.partitionId, value);
    return { afterSequenceNumber: first - 1 };
  }
  const sequenceNumber = annotation === 'offset' ? sequenceNumberAtOffset(value) : value;
  if (sequenceNumber > lastSequenceNumber) {
    return { error: invalidArgument(beyondTheEnd(annotation, text, lastSequenceNumber)) };
  }
  return { afterSequenceNumber: inclusive ? sequenceNumber - 1 : sequenceNumber };
}

function beyondTheEnd(annotation: string, text: string, last: number): string {
  const what = annotation.replace('-', ' ');
  return `The supplied ${what} '${text}' is invalid. The last sequence number in the system is '${last}'.`;
}

/**
 * Messages of producers, taken apart into events without decoding what is in them.
 *
 * A batch is a message whose data sections are encoded messages themselves, marked by its format.
 * Source: `EventDataBatch` of @azure/event-hubs.
 */
import {
  MalformedMessageError,
  SECTION,
  binaryAt,
  mapEntriesAt,
  sectionsOf,
  textAt,
  type MapEntry,
} from './amqp-encoding.ts';
import { PARTITION_KEY_ANNOTATION, withPartitionKey, type EncodedEvent } from './event.ts';

/** Message format of a batch. */
export const BATCH_FORMAT = 0x80013700;

/** What one delivery of a producer holds. */
export interface IncomingEvents {
  /** The key by which the partition is chosen, when the producer gave one. */
  readonly partitionKey?: string;
  /** The events; they name their partition key. */
  readonly events: readonly EncodedEvent[];
}

/** Annotations that the log alone decides. */
const OWN_ANNOTATIONS: ReadonlySet<string> = new Set([
  'x-opt-sequence-number',
  'x-opt-offset',
  'x-opt-enqueued-time',
  PARTITION_KEY_ANNOTATION,
]);

/** What a receiver gets of a message besides its annotations. */
const BARE_SECTIONS: ReadonlySet<number> = new Set([
  SECTION.properties,
  SECTION.applicationProperties,
  SECTION.data,
  SECTION.sequence,
  SECTION.value,
]);

/**
 * Takes a delivery apart.
 *
 * @throws MalformedMessageError when it is not a message, or a batch holds what is none
 */
export function readDelivery(payload: Buffer, format: number): IncomingEvents {
  const isBatch = format === BATCH_FORMAT;
  const messages = isBatch ? messagesOf(payload) : [payload];
  const partitionKey = partitionKeyOf(annotationsOf(payload));
  return {
    ...(partitionKey === undefined ? {} : { partitionKey }),
    events: messages.map((message) => toEvent(message, partitionKey)),
  };
}

function messagesOf(batch: Buffer): Buffer[] {
  return sectionsOf(batch)
    .filter(({ descriptor }) => descriptor === SECTION.data)
    .map(({ valueStart }) => binaryAt(batch, valueStart));
}

function annotationsOf(message: Buffer): MapEntry[] {
  const section = sectionsOf(message).find(
    ({ descriptor }) => descriptor === SECTION.messageAnnotations,
  );
  return section === undefined ? [] : mapEntriesAt(message, section.valueStart);
}

function partitionKeyOf(annotations: readonly MapEntry[]): string | undefined {
  const entry = annotations.find(({ key }) => key === PARTITION_KEY_ANNOTATION);
  return entry === undefined ? undefined : textAt(entry.value, 0);
}

function toEvent(message: Buffer, batchKey: string | undefined): EncodedEvent {
  const annotations = annotationsOf(message);
  const sections = sectionsOf(message).filter(({ descriptor }) => BARE_SECTIONS.has(descriptor));
  if (sections.length === 0) throw new MalformedMessageError('an event has no body');
  const kept = annotations.filter(({ key }) => !OWN_ANNOTATIONS.has(key));
  const event = {
    annotations: Buffer.concat(kept.map(({ encoded }) => encoded)),
    bareMessage: Buffer.concat(sections.map(({ start, end }) => message.subarray(start, end))),
  };
  const partitionKey = batchKey ?? partitionKeyOf(annotations);
  return partitionKey === undefined ? event : withPartitionKey(event, partitionKey);
}

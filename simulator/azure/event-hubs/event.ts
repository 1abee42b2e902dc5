/**
 * An event as producers hand it over, as the log keeps it and as it is read back.
 *
 * The log keeps two encoded parts: the entries of the message annotations that came with the event,
 * and the bare message (OASIS AMQP 1.0, section 3.2). What only the log knows (sequence number,
 * offset, enqueued time) is added when the event is delivered.
 */
import rhea from 'rhea';
import {
  AMQP_NULL,
  SECTION,
  encodeBinary,
  encodeDouble,
  encodeLong,
  encodeString,
  encodeSymbol,
  encodeTimestamp,
  entriesBetween,
  listSectionHead,
  mapSectionHead,
  sectionDescriptor,
} from './amqp-encoding.ts';

/** An event to be appended. */
export interface NewEvent {
  readonly body: Buffer;
  /** Application properties. */
  readonly properties: Readonly<Record<string, string>>;
  readonly messageId?: string;
  readonly correlationId?: string;
  readonly contentType?: string;
  readonly contentEncoding?: string;
  /** System properties such as `iothub-connection-device-id`; instants as Date. */
  readonly annotations: Readonly<Record<string, string | number | Date>>;
}

/** An event read back from a partition. */
export interface StoredEvent extends NewEvent {
  readonly sequenceNumber: number;
  readonly offset: string;
  readonly enqueuedMs: number;
  readonly partitionKey?: string;
}

/** An event in the encoding in which it is kept and sent. */
export interface EncodedEvent {
  /** Keys and values of the message annotations, one after the other, without the map around them. */
  readonly annotations: Buffer;
  /** Properties, application properties and body. */
  readonly bareMessage: Buffer;
}

/** An encoded event and its place in its partition. */
export interface DeliverableEvent extends EncodedEvent {
  readonly sequenceNumber: number;
  readonly enqueuedMs: number;
}

/** Where a partition ends now. */
export interface PartitionEnd {
  /** -1 before the first event. */
  readonly lastSequenceNumber: number;
  /** '-1' before the first event. */
  readonly lastOffset: string;
  /** 0 before the first event. */
  readonly lastEnqueuedMs: number;
}

/** Annotation that names the partition key an event was sent with. */
export const PARTITION_KEY_ANNOTATION = 'x-opt-partition-key';

/**
 * Distance between the offsets of neighbouring events. Offsets are opaque to clients; here they
 * differ from sequence numbers, so that a client that mixes up the two is found out.
 */
const OFFSET_STEP = 1000;

/** The offset of the event with that sequence number; '-1' before the first event. */
export function offsetOf(sequenceNumber: number): string {
  return sequenceNumber < 0 ? '-1' : String(sequenceNumber * OFFSET_STEP);
}

/** Sequence number of the last event at or before `offset`, an integer; -1 when there is none. */
export function sequenceNumberAtOffset(offset: number): number {
  return Math.max(-1, Math.floor(offset / OFFSET_STEP));
}

/** Encodes an event as a producer's AMQP library would. */
export function encodeEvent(event: NewEvent): EncodedEvent {
  return {
    annotations: Buffer.concat(annotationParts(event.annotations)),
    bareMessage: Buffer.concat([
      ...propertiesSection(event),
      ...applicationPropertiesSection(event.properties),
      sectionDescriptor(SECTION.data),
      encodeBinary(event.body),
    ]),
  };
}

/** The same event, naming the partition key it was sent with. */
export function withPartitionKey(event: EncodedEvent, partitionKey: string): EncodedEvent {
  const entry = [encodeSymbol(PARTITION_KEY_ANNOTATION), encodeString(partitionKey)];
  return { ...event, annotations: Buffer.concat([event.annotations, ...entry]) };
}

function annotationParts(annotations: NewEvent['annotations']): Buffer[] {
  return Object.entries(annotations).flatMap(([key, value]) => [
    encodeSymbol(key),
    encodeAnnotation(value),
  ]);
}

function encodeAnnotation(value: string | number | Date): Buffer {
  if (typeof value === 'string') return encodeString(value);
  if (value instanceof Date) return encodeTimestamp(value.getTime());
  return Number.isSafeInteger(value) ? encodeLong(value) : encodeDouble(value);
}

/** OASIS AMQP 1.0, section 3.2.4; null stands for what is absent. */
function propertiesSection(event: NewEvent): Buffer[] {
  const fields = [
    optional(event.messageId, encodeString),
    AMQP_NULL, // user-id
    AMQP_NULL, // to
    AMQP_NULL, // subject
    AMQP_NULL, // reply-to
    optional(event.correlationId, encodeString),
    optional(event.contentType, encodeSymbol),
    optional(event.contentEncoding, encodeSymbol),
  ];
  return [listSectionHead(SECTION.properties, fields.length, byteLength(fields)), ...fields];
}

function applicationPropertiesSection(properties: NewEvent['properties']): Buffer[] {
  const parts = Object.entries(properties).flat().map(encodeString);
  if (parts.length === 0) return [];
  const head = mapSectionHead(SECTION.applicationProperties, parts.length, byteLength(parts));
  return [head, ...parts];
}

function optional(text: string | undefined, encode: (text: string) => Buffer): Buffer {
  return text === undefined ? AMQP_NULL : encode(text);
}

function byteLength(parts: readonly Buffer[]): number {
  return parts.reduce((sum, part) => sum + part.length, 0);
}

/** The message as a receiver gets it: all annotations and the bare message as it came. */
export function encodeDelivery(event: DeliverableEvent): Buffer {
  const ownEntries = [
    SEQUENCE_NUMBER_KEY,
    encodeLong(event.sequenceNumber),
    OFFSET_KEY,
    encodeString(offsetOf(event.sequenceNumber)),
    ENQUEUED_TIME_KEY,
    encodeTimestamp(event.enqueuedMs),
  ];
  const kept = entriesBetween(event.annotations, 0, event.annotations.length).length;
  const head = mapSectionHead(
    SECTION.messageAnnotations,
    ownEntries.length + 2 * kept,
    byteLength(ownEntries) + event.annotations.length,
  );
  return Buffer.concat([head, ...ownEntries, event.annotations, event.bareMessage]);
}

/** The delivery annotations by which a receiver can follow where the partition ends. */
export function encodeRuntimeMetric(end: PartitionEnd, nowMs: number): Buffer {
  const entries = [
    encodeSymbol('last_enqueued_sequence_number'),
    encodeLong(end.lastSequenceNumber),
    encodeSymbol('last_enqueued_offset'),
    encodeString(end.lastOffset),
    encodeSymbol('last_enqueued_time_utc'),
    encodeTimestamp(end.lastEnqueuedMs),
    encodeSymbol('runtime_info_retrieval_time_utc'),
    encodeTimestamp(nowMs),
  ];
  const head = mapSectionHead(SECTION.deliveryAnnotations, entries.length, byteLength(entries));
  return Buffer.concat([head, ...entries]);
}

const SEQUENCE_NUMBER_KEY = encodeSymbol('x-opt-sequence-number');
const OFFSET_KEY = encodeSymbol('x-opt-offset');
const ENQUEUED_TIME_KEY = encodeSymbol('x-opt-enqueued-time');

/** Reads an event back, with everything that is not text turned into text. */
export function decodeEvent(event: DeliverableEvent): StoredEvent {
  const message = rhea.message.decode(encodeDelivery(event));
  const annotations = Object.entries(record(message['message_annotations'])).filter(
    ([key]) => !key.startsWith('x-opt-'),
  );
  const partitionKey: unknown = record(message['message_annotations'])[PARTITION_KEY_ANNOTATION];
  return {
    sequenceNumber: event.sequenceNumber,
    offset: offsetOf(event.sequenceNumber),
    enqueuedMs: event.enqueuedMs,
    ...(partitionKey === undefined ? {} : { partitionKey: textOf(partitionKey) }),
    annotations: Object.fromEntries(annotations.map(([key, value]) => [key, plain(value)])),
    properties: texts(record(message['application_properties'])),
    ...texts({
      messageId: message['message_id'],
      correlationId: message['correlation_id'],
      contentType: message['content_type'],
      contentEncoding: message['content_encoding'],
    }),
    body: bodyBytes(message['body']),
  };
}

function record(value: unknown): Record<string, unknown> {
  return typeof value === 'object' && value !== null ? { ...value } : {};
}

function texts(values: Record<string, unknown>): Record<string, string> {
  const present = Object.entries(values).filter(([, value]) => value !== undefined);
  return Object.fromEntries(present.map(([key, value]) => [key, textOf(value)]));
}

function textOf(value: unknown): string {
  if (typeof value === 'string') return value;
  if (Buffer.isBuffer(value)) return value.toString('utf8');
  if (value instanceof Date) return value.toISOString();
  return JSON.stringify(value) ?? '';
}

function plain(value: unknown): string | number | Date {
  return typeof value === 'number' || value instanceof Date ? value : textOf(value);
}

/** A data body is its bytes; any other body its JSON. */
function bodyBytes(body: unknown): Buffer {
  const { typecode, content } = record(body);
  if (typecode !== SECTION.data) return Buffer.from(textOf(content ?? body));
  const parts: unknown[] = Array.isArray(content) ? content : [content];
  return Buffer.concat(parts.filter((part) => Buffer.isBuffer(part)));
}

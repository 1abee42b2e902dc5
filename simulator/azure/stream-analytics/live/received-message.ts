/** Takes a message of the event hub apart: JSON arrays become one event per element. */
import type { ReceivedEventData } from '@azure/event-hubs';
import { isDeeperThan } from '../../../wire/json-depth.ts';
import type { InputEvent } from '../core/row.ts';
import {
  SqlDateTime,
  fromJson,
  isRecord,
  record,
  typeOf,
  type SqlRecord,
  type Value,
} from '../core/values.ts';
import type { ReceivedMessage } from './event-queue.ts';

/** Deeper objects are refused. */
const MAX_DEPTH = 64;

/** Where a message came from. */
export interface MessageSource {
  readonly alias: string;
  readonly partitionId: string;
}

/** What is no JSON object, or is nested too deep, counts as a conversion error. */
export function takeApart(
  message: ReceivedEventData,
  source: MessageSource,
  processedMs: number,
): ReceivedMessage {
  const body = bytesOf(message.body);
  const json = parse(body.toString('utf8'));
  const elements: readonly unknown[] = Array.isArray(json) ? json : [json];
  const payloads = elements.map(payloadOf).filter((payload) => payload !== undefined);
  const metadata = {
    arrivalMs: message.enqueuedTimeUtc.getTime(),
    processedMs,
    partitionId: BigInt(source.partitionId),
    user: userProperties(message),
    ioTHub: ioTHubProperties(message),
  };
  return {
    ...source,
    sequenceNumber: message.sequenceNumber,
    events: payloads.map((payload): InputEvent => ({ payload, ...metadata })),
    bytes: body.length,
    conversionErrors: elements.length - payloads.length,
  };
}

/** IoT Hub's bodies are data; any other AMQP body is no JSON. */
function bytesOf(body: unknown): Buffer {
  return body instanceof Uint8Array ? Buffer.from(body) : Buffer.alloc(0);
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

function payloadOf(json: unknown): SqlRecord | undefined {
  if (isDeeperThan(json, MAX_DEPTH)) return undefined;
  const value = fromJson(json);
  return isRecord(value) ? value : undefined;
}

function userProperties({ properties }: ReceivedEventData): SqlRecord {
  return record(Object.entries(properties ?? {}).map(([name, value]) => [name, scalar(value)]));
}

/** Source: Stream Analytics, "Stream data from IoT Hub": the record `IoTHub` of each event. */
function ioTHubProperties(message: ReceivedEventData): SqlRecord {
  const system = message.systemProperties ?? {};
  return record([
    ['MessageId', scalar(message.messageId)],
    ['CorrelationId', scalar(message.correlationId)],
    ['ConnectionDeviceId', scalar(system['iothub-connection-device-id'])],
    ['ConnectionDeviceGenerationId', scalar(system['iothub-connection-auth-generation-id'])],
    ['EnqueuedTime', scalar(system['iothub-enqueuedtime'])],
  ]);
}

function scalar(value: unknown): Value {
  if (value instanceof Date) return new SqlDateTime(value.getTime());
  const converted = fromJson(value);
  const type = typeOf(converted);
  return type === 'record' || type === 'array' ? null : converted;
}

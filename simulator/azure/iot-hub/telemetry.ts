/** A device's message as an event of the hub's built-in endpoint. */
import { splitPropertyBag, type PropertyBag } from '../../wire/property-bag.ts';
import type { NewEvent } from '../event-hubs/event-log.ts';
import type { HubClient } from './sessions.ts';

/** Largest message: body and property names and values, bytes. */
const MAX_MESSAGE_BYTES = 262_144;

/** How the sender proved itself, as the annotation `iothub-connection-auth-method` says it. */
const AUTHENTICATION_METHODS = {
  sas: { type: 'sas', issuer: 'iothub' },
  selfSigned: { type: 'x509', issuer: 'external' },
  certificateAuthority: { type: 'x509', issuer: 'external' },
} as const;

type Sender = Pick<HubClient, 'name' | 'generationId' | 'authentication'>;

/** The message is larger than IoT Hub takes. */
export class MessageTooLargeError extends Error {
  override readonly name = 'MessageTooLargeError';
  readonly code = 'MESSAGE_TOO_LARGE';
}

/**
 * Adds the system properties that IoT Hub stamps on telemetry.
 *
 * Source: learn.microsoft.com/azure/iot-hub/iot-hub-devguide-messages-construct
 *
 * @throws MessageTooLargeError
 */
export function telemetryEvent(sender: Sender, body: Buffer, bag: PropertyBag): NewEvent {
  checkSize(body, bag);
  const { system, application } = splitPropertyBag(bag);
  return {
    body,
    properties: application,
    ...present({
      messageId: system['mid'],
      correlationId: system['cid'],
      contentType: system['ct'],
      contentEncoding: system['ce'],
    }),
    annotations: annotationsOf(sender),
  };
}

function annotationsOf({ name, generationId, authentication }: Sender): NewEvent['annotations'] {
  const { deviceId, moduleId } = name;
  const method = {
    scope: moduleId === undefined ? 'device' : 'module',
    ...AUTHENTICATION_METHODS[authentication],
    acceptingIpFilterRule: null,
  };
  return {
    'iothub-connection-device-id': deviceId,
    ...(moduleId === undefined ? {} : { 'iothub-connection-module-id': moduleId }),
    'iothub-connection-auth-method': JSON.stringify(method),
    'iothub-connection-auth-generation-id': generationId,
    'iothub-enqueuedtime': new Date(),
    'iothub-message-source': 'Telemetry',
  };
}

function checkSize(body: Buffer, bag: PropertyBag): void {
  const properties = Object.entries(bag).flat();
  const bytes = properties.reduce((sum, text) => sum + Buffer.byteLength(text), body.length);
  if (bytes <= MAX_MESSAGE_BYTES) return;
  throw new MessageTooLargeError(`a message of ${bytes} bytes is over ${MAX_MESSAGE_BYTES}`);
}

function present<Key extends string>(
  fields: Record<Key, string | undefined>,
): Partial<Record<Key, string>> {
  const entries = Object.entries(fields).filter(([, value]) => value !== undefined);
  return Object.fromEntries(entries) as Partial<Record<Key, string>>;
}

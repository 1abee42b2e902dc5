/** A device's message as an event of the hub's built-in endpoint. */
import type { IdentityName } from '../../wire/identity-name.ts';
import { splitPropertyBag, type PropertyBag } from '../../wire/property-bag.ts';
import type { NewEvent } from '../event-hubs/event-log.ts';

/** Largest message: body and property names and values, bytes. */
const MAX_MESSAGE_BYTES = 262_144;

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
export function telemetryEvent(
  sender: { readonly name: IdentityName; readonly generationId: string },
  body: Buffer,
  bag: PropertyBag,
): NewEvent {
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

function annotationsOf({
  name: { deviceId, moduleId },
  generationId,
}: {
  readonly name: IdentityName;
  readonly generationId: string;
}): NewEvent['annotations'] {
  const scope = moduleId === undefined ? 'device' : 'module';
  const authentication = { scope, type: 'sas', issuer: 'iothub', acceptingIpFilterRule: null };
  return {
    'iothub-connection-device-id': deviceId,
    ...(moduleId === undefined ? {} : { 'iothub-connection-module-id': moduleId }),
    'iothub-connection-auth-method': JSON.stringify(authentication),
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

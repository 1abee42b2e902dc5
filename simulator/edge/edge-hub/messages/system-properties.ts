/**
 * System properties: their names on the wire, and the names that routes and queues use.
 *
 * Source: Azure/iotedge, edge-hub, Core/SystemProperties.cs (incoming and outgoing maps).
 */
import type { PropertyBag } from '../../../wire/property-bag.ts';
import { splitPropertyBag } from '../../../wire/property-bag.ts';
import type { HubMessage } from '../queues/message-queues.ts';

const WIRE_NAMES: readonly (readonly [wire: string, name: string])[] = [
  ['mid', 'messageId'],
  ['cid', 'cid'],
  ['uid', 'userId'],
  ['to', 'to'],
  ['ct', 'contentType'],
  ['ce', 'contentEncoding'],
  ['ctime', 'creationTime'],
  ['sub', 'dt-subject'],
];
const INCOMING = new Map([
  ...WIRE_NAMES,
  ['exp', 'expiryTimeUtc'] as const,
  ['on', 'outputName'] as const,
]);
/** What goes up to IoT Hub; an expiry does not. */
const UPSTREAM = WIRE_NAMES;
const TO_INPUTS = [
  ...WIRE_NAMES,
  ['exp', 'expiryTimeUtc'] as const,
  ['cdid', 'connectionDeviceId'] as const,
  ['cmid', 'connectionModuleId'] as const,
];

/** Who sent a message, as its topic says. */
export interface Sender {
  readonly deviceId: string;
  readonly moduleId?: string;
  /** The gateway's own modules are `internal`. */
  readonly origin: 'internal' | 'downstream';
}

/** A message as it came in, stamped with its sender. */
export function incomingMessage(
  bag: Readonly<PropertyBag>,
  body: Buffer,
  sender: Sender,
): HubMessage {
  const { system, application } = splitPropertyBag(bag);
  const known = Object.entries(system).flatMap(([wire, value]) => {
    const name = INCOMING.get(wire);
    return name === undefined ? [] : [[name, value] as const];
  });
  const { deviceId, moduleId, origin } = sender;
  return {
    properties: application,
    systemProperties: {
      ...Object.fromEntries(known),
      connectionDeviceId: deviceId,
      ...(moduleId === undefined ? {} : { connectionModuleId: moduleId }),
      edgeHubOriginInterface: origin,
    },
    body,
  };
}

/** What routes match their source against. */
export function messageSource({ systemProperties }: HubMessage): string {
  const { connectionModuleId: moduleId, outputName } = systemProperties;
  if (moduleId === undefined) return '/messages';
  return outputName === undefined
    ? `/messages/modules/${moduleId}`
    : `/messages/modules/${moduleId}/outputs/${outputName}`;
}

/** The bag of a message on its way to a module's input. */
export function inputBag(message: HubMessage): PropertyBag {
  return outgoingBag(message, TO_INPUTS);
}

/** The bag of a message on its way to IoT Hub. */
export function upstreamBag(message: HubMessage): PropertyBag {
  return outgoingBag(message, UPSTREAM);
}

function outgoingBag(
  { properties, systemProperties }: HubMessage,
  names: readonly (readonly [wire: string, name: string])[],
): PropertyBag {
  const system = names.flatMap(([wire, name]) => {
    const value = systemProperties[name];
    return value === undefined ? [] : [[`$.${wire}`, value] as const];
  });
  return { ...properties, ...Object.fromEntries(system) };
}

/**
 * The MQTT topics between a device or module and IoT Hub or edgeHub. Ids stand in them as they are.
 *
 * Source: learn.microsoft.com/azure/iot/iot-mqtt-connect-to-iot-hub and, for edgeHub,
 * `mqttTopicNameConversion` in Azure/iotedge edge-hub/core/src/.../appsettings_hub.json.
 */
import type { IdentityName } from './identity-name.ts';
import { decodePropertyBag, encodePropertyBag, type PropertyBag } from './property-bag.ts';

/** What a client published; `unknown` is any other topic. */
export type PublishedTopic =
  | {
      readonly kind: 'telemetry';
      readonly deviceId: string;
      readonly moduleId?: string;
      readonly bag: PropertyBag;
    }
  | { readonly kind: 'twinGet'; readonly requestId: string }
  | { readonly kind: 'reportedPatch'; readonly requestId: string }
  | { readonly kind: 'methodResponse'; readonly requestId: string; readonly status: number }
  | { readonly kind: 'unknown' };

/** What a client may subscribe to. */
export type SubscriptionKind =
  'methods' | 'twinResponses' | 'desiredPatches' | 'cloudToDevice' | 'inputs';

const TELEMETRY = /^devices\/([^/]+)\/(?:modules\/([^/]+)\/)?messages\/events(?:\/([^/]*))?\/?$/;
const TWIN_GET = /^\$iothub\/twin\/GET\/?\?(.*)$/;
const REPORTED_PATCH = /^\$iothub\/twin\/PATCH\/properties\/reported\/?\?(.*)$/;
const METHOD_RESPONSE = /^\$iothub\/methods\/res\/(-?\d{1,10})\/?\?(.*)$/;

/**
 * Takes the topic of a PUBLISH from a client apart.
 *
 * @throws MalformedPropertyBagError when its property bag is malformed
 */
export function parsePublishedTopic(topic: string): PublishedTopic {
  const telemetry = TELEMETRY.exec(topic);
  if (telemetry !== null) return parseTelemetry(telemetry);
  const twinGet = TWIN_GET.exec(topic);
  if (twinGet !== null) return { kind: 'twinGet', requestId: requestIdOf(twinGet[1]) };
  const patch = REPORTED_PATCH.exec(topic);
  if (patch !== null) return { kind: 'reportedPatch', requestId: requestIdOf(patch[1]) };
  const response = METHOD_RESPONSE.exec(topic);
  if (response !== null) {
    const status = Number(response[1]);
    return { kind: 'methodResponse', requestId: requestIdOf(response[2]), status };
  }
  return { kind: 'unknown' };
}

function parseTelemetry([, deviceId = '', moduleId, bag = '']: RegExpExecArray): PublishedTopic {
  const telemetry = { kind: 'telemetry', deviceId, bag: decodePropertyBag(bag) } as const;
  return moduleId === undefined ? telemetry : { ...telemetry, moduleId };
}

function requestIdOf(query: string | undefined): string {
  return decodePropertyBag(query ?? '')['$rid'] ?? '';
}

/** What `filter` asks for, or undefined when `identity` may not have it. */
export function parseSubscription(
  filter: string,
  { deviceId, moduleId }: IdentityName,
): SubscriptionKind | undefined {
  switch (filter) {
    case '$iothub/methods/POST/#':
      return 'methods';
    case '$iothub/twin/res/#':
      return 'twinResponses';
    case '$iothub/twin/PATCH/properties/desired/#':
      return 'desiredPatches';
    case `devices/${deviceId}/messages/devicebound/#`:
      return moduleId === undefined ? 'cloudToDevice' : undefined;
    case `devices/${deviceId}/modules/${moduleId}/inputs/#`:
      return moduleId === undefined ? undefined : 'inputs';
    default:
      return undefined;
  }
}

/** Topic of the answer to a twin request; `version` only for an accepted reported patch. */
export function twinResponseTopic(status: number, requestId: string, version?: number): string {
  const suffix = version === undefined ? '' : `&$version=${version}`;
  return `$iothub/twin/res/${status}/?$rid=${encodeURIComponent(requestId)}${suffix}`;
}

/** Topic of a change of the desired properties. */
export function desiredPatchTopic(version: number): string {
  return `$iothub/twin/PATCH/properties/desired/?$version=${version}`;
}

/** Topic of a direct method's call. */
export function methodRequestTopic(methodName: string, requestId: string): string {
  return `$iothub/methods/POST/${encodeURIComponent(methodName)}/?$rid=${encodeURIComponent(requestId)}`;
}

/** Topic of a message to a module's input. */
export function inputTopic(
  { deviceId, moduleId }: Required<IdentityName>,
  inputName: string,
  bag: Readonly<PropertyBag>,
): string {
  return `devices/${deviceId}/modules/${moduleId}/inputs/${inputName}/${encodePropertyBag(bag)}`;
}

/** Topic of telemetry, as a device or module publishes it. */
export function telemetryTopic(
  { deviceId, moduleId }: IdentityName,
  bag: Readonly<PropertyBag>,
): string {
  const sender = moduleId === undefined ? deviceId : `${deviceId}/modules/${moduleId}`;
  return `devices/${sender}/messages/events/${encodePropertyBag(bag)}`;
}

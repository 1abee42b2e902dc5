/** Topics on which IoT Hub speaks to edgeHub. Source: learn.microsoft.com/azure/iot/iot-mqtt-connect-to-iot-hub */
import { decodePropertyBag } from '../../../wire/property-bag.ts';

export type HubTopic =
  | {
      readonly kind: 'twinResponse';
      readonly requestId: string;
      readonly status: number;
      readonly version?: number;
    }
  | { readonly kind: 'method'; readonly name: string; readonly requestId: string }
  | { readonly kind: 'desiredPatch' }
  | { readonly kind: 'unknown' };

const TWIN_RESPONSE = /^\$iothub\/twin\/res\/(\d+)\/?\?(.*)$/;
const METHOD = /^\$iothub\/methods\/POST\/([^/]+?)\/?\?(.*)$/;

export function parseHubTopic(topic: string): HubTopic {
  const twin = TWIN_RESPONSE.exec(topic);
  if (twin !== null) {
    const { $rid: requestId = '', $version } = decodePropertyBag(twin[2] ?? '');
    const response = { kind: 'twinResponse', requestId, status: Number(twin[1]) } as const;
    return $version === undefined ? response : { ...response, version: Number($version) };
  }
  const method = METHOD.exec(topic);
  if (method !== null) {
    const { $rid: requestId = '' } = decodePropertyBag(method[2] ?? '');
    return { kind: 'method', name: decodeURIComponent(method[1] ?? ''), requestId };
  }
  return topic.startsWith('$iothub/twin/PATCH/properties/desired/')
    ? { kind: 'desiredPatch' }
    : { kind: 'unknown' };
}

/** Topic of a whole twin's request. */
export function twinGetTopic(requestId: string): string {
  return `$iothub/twin/GET/?$rid=${requestId}`;
}

/** Topic of a change of the reported properties. */
export function reportedPatchTopic(requestId: string): string {
  return `$iothub/twin/PATCH/properties/reported/?$rid=${requestId}`;
}

/** Topic of a direct method's response. */
export function methodResponseTopic(status: number, requestId: string): string {
  return `$iothub/methods/res/${status}/?$rid=${encodeURIComponent(requestId)}`;
}

/** Who speaks: a device, or a module on a device, and how the wire writes it. */

export interface IdentityName {
  readonly deviceId: string;
  readonly moduleId?: string;
}

/** An identity and the hub that it belongs to, as a client names them. */
export interface HubIdentityName extends IdentityName {
  /** Logical host name of the IoT Hub. */
  readonly hostName: string;
}

/** The MQTT client id: `Meter01`, `gateway-01/averager`. */
export function identityId({ deviceId, moduleId }: IdentityName): string {
  return moduleId === undefined ? deviceId : `${deviceId}/${moduleId}`;
}

/** The resource that a SAS token of this identity must name. */
export function identityResource(hostName: string, { deviceId, moduleId }: IdentityName): string {
  const device = `${hostName}/devices/${deviceId}`;
  return moduleId === undefined ? device : `${device}/modules/${moduleId}`;
}

/** The reverse of `identityResource`; undefined when it names no device or module. */
export function parseIdentityResource(resource: string): HubIdentityName | undefined {
  const match = /^([^/]+)\/devices\/([^/]+)(?:\/modules\/([^/]+))?$/.exec(resource);
  if (match === null) return undefined;
  const [, hostName = '', deviceId = '', moduleId] = match;
  return moduleId === undefined ? { hostName, deviceId } : { hostName, deviceId, moduleId };
}

/**
 * Reads `<hub>/<device>[/<module>]/?api-version=…`; undefined when it is malformed.
 *
 * Source: MqttUsernameParser.cs of Azure/iotedge, and the same rule at IoT Hub. The value of
 * api-version is not checked, unknown parameters are ignored.
 */
export function parseMqttUsername(username: string): HubIdentityName | undefined {
  const match = /^([^/]+)\/([^/]+)(?:\/([^/?]+))?\/\??([^/]*)$/.exec(username);
  if (match === null) return undefined;
  const [, hostName = '', deviceId = '', moduleId, parameters = ''] = match;
  if (!new URLSearchParams(parameters).get('api-version')) return undefined;
  return moduleId === undefined ? { hostName, deviceId } : { hostName, deviceId, moduleId };
}

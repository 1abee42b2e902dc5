/**
 * JSON documents of the REST API: what comes in and what goes out.
 *
 * Source: learn.microsoft.com/rest/api/iothub/service and what azure-iothub sends.
 */
import { z } from 'zod';
import { serviceView, type Json, type JsonObject } from '../../../wire/twin-document.ts';
import type { Identity, IdentityFields, Twin } from '../identity.ts';
import type { IotHub } from '../hub.ts';

const Key = z.string().nullish();

/** SHA-1 or SHA-256 of a certificate. */
const Thumbprint = z
  .string()
  .regex(/^(?:[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64})$/, 'a thumbprint has 40 or 64 hexadecimal digits')
  .nullish();

const Authentication = z.object({
  type: z.enum(['sas', 'selfSigned', 'certificateAuthority']).optional(),
  symmetricKey: z.object({ primaryKey: Key, secondaryKey: Key }).nullish(),
  x509Thumbprint: z
    .object({ primaryThumbprint: Thumbprint, secondaryThumbprint: Thumbprint })
    .nullish(),
});

/** Body of `PUT /devices/{id}`. */
export const DeviceBody = z.object({
  deviceId: z.string(),
  status: z.enum(['enabled', 'disabled']).optional(),
  statusReason: z.string().nullish(),
  authentication: Authentication.optional(),
  capabilities: z.object({ iotEdge: z.boolean().optional() }).optional(),
  deviceScope: z.string().optional(),
  parentScopes: z.array(z.string()).optional(),
});
export type DeviceBody = z.infer<typeof DeviceBody>;

/** Body of `PUT /devices/{id}/modules/{id}`. */
export const ModuleBody = z.object({
  deviceId: z.string(),
  moduleId: z.string(),
  managedBy: z.string().nullish(),
  authentication: Authentication.optional(),
});

const JsonObjectSchema = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  { error: 'must be a JSON object' },
);

/** Body of `PATCH` and `PUT /twins/{id}`. */
export const TwinBody = z.object({
  tags: JsonObjectSchema.optional(),
  properties: z.object({ desired: JsonObjectSchema.optional() }).optional(),
});

/** Body of `POST /twins/{id}/methods`. */
export const MethodBody = z.object({
  methodName: z.string().min(1).max(100),
  payload: z.custom<Json>().optional(),
  responseTimeoutInSeconds: z.number().min(5).max(300).default(30),
  connectTimeoutInSeconds: z.number().min(0).max(300).default(0),
});

/** What an identity is to prove itself with; what a body leaves out stays as it is. */
export function credentialsOf(body: {
  authentication?: z.infer<typeof Authentication> | undefined;
}): IdentityFields {
  const { type, symmetricKey, x509Thumbprint } = body.authentication ?? {};
  const { primaryThumbprint, secondaryThumbprint } = x509Thumbprint ?? {};
  return {
    authentication: type,
    primaryKey: symmetricKey?.primaryKey ?? undefined,
    secondaryKey: symmetricKey?.secondaryKey ?? undefined,
    primaryThumbprint: primaryThumbprint ?? undefined,
    secondaryThumbprint: secondaryThumbprint ?? undefined,
  };
}

/** A device as the registry shows it. */
export function deviceDocument(hub: IotHub, device: Identity) {
  const scope = scopeOf(hub, device);
  const parentScope = device.iotEdge ? parentScopeOf(hub, device) : scope;
  return {
    ...identityDocument(hub, device),
    status: device.enabled ? 'enabled' : 'disabled',
    statusReason: device.statusReason,
    statusUpdatedTime: timeText(device.statusUpdatedMs),
    capabilities: { iotEdge: device.iotEdge },
    ...(scope === null ? {} : { deviceScope: scope }),
    ...(parentScope === null ? {} : { parentScopes: [parentScope] }),
  };
}

/** A module as the registry shows it. */
export function moduleDocument(hub: IotHub, module: Identity) {
  const { moduleId, managedBy } = module;
  return { ...identityDocument(hub, module), moduleId, managedBy };
}

/** The twin of a device or module as the service side sees it. */
export function twinDocument(hub: IotHub, identity: Identity, twin: Twin) {
  const { deviceId, moduleId } = identity;
  return {
    deviceId,
    ...(moduleId === undefined ? {} : { moduleId }),
    etag: twin.etag,
    deviceEtag: identity.etag,
    status: identity.enabled ? 'enabled' : 'disabled',
    statusUpdateTime: timeText(identity.statusUpdatedMs),
    connectionState: connectionState(hub, identity),
    lastActivityTime: timeText(hub.sessions.lastActivityMs(identity)),
    cloudToDeviceMessageCount: 0,
    authenticationType: identity.authentication,
    x509Thumbprint: thumbprintsOf(identity),
    modelId: '',
    version: twin.version,
    tags: twin.tags,
    properties: { desired: serviceView(twin.desired), reported: serviceView(twin.reported) },
    ...(moduleId === undefined ? { capabilities: { iotEdge: identity.iotEdge } } : {}),
  };
}

/** A device or module as edgeHub gets it for its cache. */
export function scopeDocument(hub: IotHub, identity: Identity) {
  const { deviceId, moduleId, generationId } = identity;
  return {
    deviceId,
    ...(moduleId === undefined ? {} : { moduleId }),
    generationId,
    status: identity.enabled ? 'enabled' : 'disabled',
    authentication: authenticationOf(identity),
    capabilities: { iotEdge: identity.iotEdge },
    ...(identity.iotEdge ? { deviceScope: scopeOf(hub, identity) } : {}),
  };
}

function identityDocument(hub: IotHub, identity: Identity) {
  const { deviceId, generationId, etag } = identity;
  return {
    deviceId,
    generationId,
    etag,
    connectionState: connectionState(hub, identity),
    connectionStateUpdatedTime: timeText(null),
    lastActivityTime: timeText(hub.sessions.lastActivityMs(identity)),
    cloudToDeviceMessageCount: 0,
    authentication: authenticationOf(identity),
  };
}

/** Whoever has a certificate has no keys, and the other way round. */
function authenticationOf(identity: Identity) {
  const { authentication: type, primaryKey, secondaryKey } = identity;
  return {
    type,
    symmetricKey:
      type === 'sas' ? { primaryKey, secondaryKey } : { primaryKey: null, secondaryKey: null },
    x509Thumbprint: thumbprintsOf(identity),
  };
}

function thumbprintsOf({ primaryThumbprint, secondaryThumbprint }: Identity) {
  return { primaryThumbprint, secondaryThumbprint };
}

/** An edge device has a scope of its own, a leaf that of its parent. */
function scopeOf(hub: IotHub, device: Identity): string | null {
  return device.iotEdge ? device.scope : parentScopeOf(hub, device);
}

function parentScopeOf({ store }: IotHub, { parent }: Identity): string | null {
  return parent === null ? null : (store.find({ deviceId: parent })?.scope ?? null);
}

function connectionState({ sessions }: IotHub, identity: Identity): string {
  return sessions.find(identity) === undefined ? 'Disconnected' : 'Connected';
}

/** The service shows .NET's earliest instant where there is none. */
function timeText(ms: number | null): string {
  return ms === null ? '0001-01-01T00:00:00Z' : new Date(ms).toISOString();
}

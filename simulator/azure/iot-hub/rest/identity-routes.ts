/** `/devices…`: the identity registry, as azure-iothub's Registry and the edge runtime call it. */
import type { IdentityName } from '../../../wire/identity-name.ts';
import type { Match } from '../identities.ts';
import type { Identity, IdentityFields } from '../identity.ts';
import type { IotHub } from '../hub.ts';
import { IotHubError } from '../iot-hub-error.ts';
import type { Access } from './access.ts';
import type { RestApp, RestRequest } from './rest-app.ts';
import {
  credentialsOf,
  DeviceBody,
  deviceDocument,
  ModuleBody,
  moduleDocument,
  scopeDocument,
} from './documents.ts';

interface DeviceParams {
  readonly Params: { readonly deviceId: string };
}
interface ModuleParams {
  readonly Params: { readonly deviceId: string; readonly moduleId: string };
}

/** `GET /devices` shows at most this many, as the service does. */
const MAX_LISTED = 1000;

export function addIdentityRoutes(app: RestApp, hub: IotHub, access: Access): void {
  addDeviceRoutes(app, hub, access);
  addModuleRoutes(app, hub, access);
  addScopeRoute(app, hub, access);
}

/** The precondition of a request; undefined when it must not replace anything. */
export function matchOf(request: RestRequest): Match | undefined {
  const header = request.headers['if-match']?.replace(/^"|"$/g, '');
  if (header === undefined) return undefined;
  return header === '*' ? 'any' : { etag: header };
}

function addDeviceRoutes(app: RestApp, hub: IotHub, access: Access): void {
  const { identities, store } = hub;
  app.get('/devices', (request) => {
    access.requireOwner(request);
    return store
      .devices()
      .slice(0, MAX_LISTED)
      .map((device) => deviceDocument(hub, device));
  });
  app.get<DeviceParams>('/devices/:deviceId', (request) => {
    access.requireOwnerOrDevice(request, request.params.deviceId);
    return deviceDocument(hub, store.get(request.params));
  });
  app.put<DeviceParams>('/devices/:deviceId', async (request) => {
    access.requireOwner(request);
    const body = DeviceBody.parse(request.body);
    const { deviceId } = request.params;
    if (body.deviceId !== deviceId) throw wrongId();
    const device = await put(hub, { deviceId }, deviceFields(hub, body), matchOf(request));
    return deviceDocument(hub, device);
  });
  app.delete<DeviceParams>('/devices/:deviceId', async (request, reply) => {
    access.requireOwner(request);
    await identities.remove(request.params, matchOf(request) ?? 'any');
    return reply.code(204).send();
  });
}

function addModuleRoutes(app: RestApp, hub: IotHub, access: Access): void {
  const { identities, store } = hub;
  app.get<DeviceParams>('/devices/:deviceId/modules', (request) => {
    const { deviceId } = request.params;
    access.requireOwnerOrDevice(request, deviceId);
    store.get({ deviceId });
    return store.modules(deviceId).map((module) => moduleDocument(hub, module));
  });
  const path = '/devices/:deviceId/modules/:moduleId';
  app.get<ModuleParams>(path, (request) => {
    access.requireOwnerOrDevice(request, request.params.deviceId);
    return moduleDocument(hub, store.get(request.params));
  });
  app.put<ModuleParams>(path, async (request) => {
    access.requireOwnerOrDevice(request, request.params.deviceId);
    const body = ModuleBody.parse(request.body);
    const { deviceId, moduleId } = request.params;
    if (body.deviceId !== deviceId || body.moduleId !== moduleId) throw wrongId();
    const fields = { ...credentialsOf(body), managedBy: body.managedBy };
    const name = { deviceId, moduleId };
    return moduleDocument(hub, await put(hub, name, fields, matchOf(request)));
  });
  app.delete<ModuleParams>(path, async (request, reply) => {
    access.requireOwnerOrDevice(request, request.params.deviceId);
    await identities.remove(request.params, matchOf(request) ?? 'any');
    return reply.code(204).send();
  });
}

/**
 * What edgeHub fills its cache from: the gateway, its modules and its children, on one page.
 *
 * Source: DeviceScopeApiClient.cs of Azure/iotedge.
 */
function addScopeRoute(app: RestApp, hub: IotHub, access: Access): void {
  const { store } = hub;
  app.get<ModuleParams>('/devices/:deviceId/modules/:moduleId/deviceScope', (request) => {
    const { deviceId } = request.params;
    access.requireOwnerOrDevice(request, deviceId);
    const devices = [store.get({ deviceId }), ...store.childrenOf(deviceId)];
    return {
      devices: devices.map((device) => scopeDocument(hub, device)),
      modules: store.modules(deviceId).map((module) => scopeDocument(hub, module)),
      continuationLink: null,
    };
  });
}

function put(
  { identities }: IotHub,
  name: IdentityName,
  fields: IdentityFields,
  match: Match | undefined,
): Promise<Identity> {
  return match === undefined
    ? identities.create(name, fields)
    : identities.update(name, fields, match);
}

function deviceFields(hub: IotHub, body: DeviceBody): IdentityFields {
  return {
    ...credentialsOf(body),
    enabled: body.status === undefined ? undefined : body.status === 'enabled',
    statusReason: body.statusReason,
    iotEdge: body.capabilities?.iotEdge,
    parent: parentOf(hub, body),
  };
}

/** The parent by its scope; an edge device's own `deviceScope` names itself, not its parent. */
function parentOf({ store }: IotHub, body: DeviceBody): string | undefined {
  const scope =
    body.parentScopes?.[0] ?? (body.capabilities?.iotEdge ? undefined : body.deviceScope);
  if (scope === undefined || scope === '') return undefined;
  const parent = store.findByScope(scope);
  if (parent === undefined) {
    throw new IotHubError('ArgumentInvalid', `No IoT Edge device has the scope '${scope}'.`);
  }
  return parent.deviceId;
}

function wrongId(): IotHubError {
  return new IotHubError('ArgumentInvalid', 'The id in the body is not the id in the address.');
}

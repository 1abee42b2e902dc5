/** `/twins…`: twins and direct methods, and the one query that the console needs. */
import { z } from 'zod';
import type { IdentityName } from '../../../wire/identity-name.ts';
import type { TwinChange } from '../twins.ts';
import type { IotHub } from '../hub.ts';
import { IotHubError } from '../iot-hub-error.ts';
import type { Access } from './access.ts';
import type { RestApp, RestRequest } from './rest-app.ts';
import { MethodBody, TwinBody, twinDocument } from './documents.ts';
import { matchOf } from './identity-routes.ts';

interface TwinParams {
  readonly Params: { readonly deviceId: string; readonly moduleId?: string };
}

const QueryBody = z.object({ query: z.string() });
const ALL_DEVICES = /^\s*select\s+\*\s+from\s+devices\s*;?\s*$/i;

export function addTwinRoutes(app: RestApp, hub: IotHub, access: Access): void {
  for (const path of ['/twins/:deviceId', '/twins/:deviceId/modules/:moduleId']) {
    addTwin(app, hub, access, path);
    app.post<TwinParams>(`${path}/methods`, (request) => {
      access.requireOwner(request);
      return invoke(hub, nameOf(request), request.body);
    });
  }
  app.post('/devices/query', (request) => {
    access.requireOwner(request);
    if (!ALL_DEVICES.test(QueryBody.parse(request.body).query)) {
      throw new IotHubError('NotSupported', "Only 'SELECT * FROM devices' is supported here.");
    }
    return hub.store.devices().map((device) => {
      return twinDocument(hub, device, hub.twins.get(device));
    });
  });
}

function addTwin(app: RestApp, hub: IotHub, access: Access, path: string): void {
  const { store, twins } = hub;
  const document = (name: IdentityName) => twinDocument(hub, store.get(name), twins.get(name));
  app.get<TwinParams>(path, (request) => {
    access.requireOwnerOrDevice(request, request.params.deviceId);
    return document(nameOf(request));
  });
  app.patch<TwinParams>(path, async (request) => {
    access.requireOwner(request);
    await twins.patch(nameOf(request), changeOf(request.body), matchOf(request) ?? 'any');
    return document(nameOf(request));
  });
  app.put<TwinParams>(path, async (request) => {
    access.requireOwner(request);
    await twins.replace(nameOf(request), changeOf(request.body), matchOf(request) ?? 'any');
    return document(nameOf(request));
  });
}

function invoke({ methods, store }: IotHub, name: IdentityName, requestBody: unknown) {
  const body = MethodBody.parse(requestBody);
  store.get(name);
  return methods.invoke(name, {
    methodName: body.methodName,
    payload: body.payload ?? null,
    responseTimeoutSeconds: body.responseTimeoutInSeconds,
    connectTimeoutSeconds: body.connectTimeoutInSeconds,
  });
}

function nameOf({ params }: RestRequest<TwinParams>): IdentityName {
  const { deviceId, moduleId } = params;
  return moduleId === undefined ? { deviceId } : { deviceId, moduleId };
}

function changeOf(body: unknown): TwinChange {
  const { tags, properties } = TwinBody.parse(body);
  return { tags, desired: properties?.desired };
}

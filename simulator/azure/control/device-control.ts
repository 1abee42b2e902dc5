/** Devices: parents, twins, direct methods, deployments. */
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { IdentityName } from '../../wire/identity-name.ts';
import { deviceView, type Json, type JsonObject } from '../../wire/twin-document.ts';
import type { IotHub } from '../iot-hub/hub.ts';

interface Route {
  readonly Params: { readonly deviceId: string; readonly moduleId?: string };
}

interface AuthorityRoute {
  readonly Params: { readonly name: string };
}

/** `certificate` is PEM. */
const AuthorityBody = z.object({ certificate: z.string() });
const ParentBody = z.object({ parent: z.string().nullable() });
const PropertiesBody = z.custom<JsonObject>(
  (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
  { error: 'must be a JSON object' },
);
const MethodBody = z.object({ name: z.string().min(1), payload: z.custom<Json>().optional() });
/** An expanded deployment manifest. */
const ManifestBody = z.object({
  modulesContent: z.record(z.string(), z.object({ 'properties.desired': PropertiesBody })),
});
/** Seconds that a method called from the console may take. */
const METHOD_TIMEOUT_SECONDS = 8;

export function addDeviceControl(app: FastifyInstance, hub: IotHub): void {
  app.post<Route>('/devices/:deviceId/parent', async ({ params, body }) => {
    const { parent } = ParentBody.parse(body);
    await hub.identities.update({ deviceId: params.deviceId }, { parent }, 'any');
    return { parent };
  });
  app.post<{ Params: { gateway: string } }>('/deployments/:gateway', ({ params, body }) =>
    deploy(hub, params.gateway, ManifestBody.parse(body)),
  );
  app.get('/certificate-authorities', () => hub.authorities.list());
  app.post<AuthorityRoute>('/certificate-authorities/:name', ({ params, body }) => {
    hub.authorities.put(params.name, AuthorityBody.parse(body).certificate);
    return hub.authorities.list();
  });
  app.post<AuthorityRoute>('/certificate-authorities/:name/remove', ({ params }) => {
    hub.authorities.remove(params.name);
    return hub.authorities.list();
  });
  for (const path of ['/devices/:deviceId', '/devices/:deviceId/modules/:moduleId']) {
    addTwinControl(app, hub, path);
    app.post<Route>(`${path}/methods`, ({ params, body }) => {
      const { name, payload } = MethodBody.parse(body);
      return hub.methods.invoke(nameOf(params), {
        methodName: name,
        payload: payload ?? null,
        responseTimeoutSeconds: METHOD_TIMEOUT_SECONDS,
        connectTimeoutSeconds: 0,
      });
    });
  }
}

function addTwinControl(app: FastifyInstance, { twins }: IotHub, path: string): void {
  app.get<Route>(`${path}/twin`, ({ params }) => {
    const { desired, reported } = twins.get(nameOf(params));
    return { desired: deviceView(desired), reported: deviceView(reported) };
  });
  app.post<Route>(`${path}/twin/desired`, async ({ params, body }) => {
    const change = { desired: PropertiesBody.parse(body) };
    return deviceView((await twins.patch(nameOf(params), change, 'any')).desired);
  });
}

/** What `az iot edge set-modules` does: module identities, and their desired properties. */
async function deploy(hub: IotHub, deviceId: string, manifest: z.infer<typeof ManifestBody>) {
  const modules = Object.entries(manifest.modulesContent);
  for (const [moduleId, content] of modules) {
    const name = { deviceId, moduleId };
    await hub.identities.ensure(name, { managedBy: 'IotEdge' });
    await hub.twins.replace(name, { desired: content['properties.desired'] }, 'any');
  }
  return { modules: modules.map(([moduleId]) => moduleId) };
}

function nameOf({ deviceId, moduleId }: Route['Params']): IdentityName {
  return moduleId === undefined ? { deviceId } : { deviceId, moduleId };
}

/**
 * IoT Hub's REST API over HTTPS, as azure-iothub and the edge runtime call it.
 *
 * Errors have the form `{"Message":"ErrorCode:DeviceNotFound;…"}`, from which azure-iothub makes
 * its typed errors.
 */
import { randomUUID } from 'node:crypto';
import { fastify } from 'fastify';
import { z } from 'zod';
import type { Logger } from '../../../wire/logger.ts';
import type { RunningService } from '../../../wire/local-process.ts';
import type { Settings } from '../../../wire/settings.ts';
import type { IotHub } from '../hub.ts';
import { IotHubError } from '../iot-hub-error.ts';
import { Access } from './access.ts';
import { addIdentityRoutes } from './identity-routes.ts';
import type { RestApp } from './rest-app.ts';
import { addTwinRoutes } from './twin-routes.ts';

export interface RestApiOptions {
  readonly hub: IotHub;
  readonly settings: Settings;
  readonly tls: { readonly cert: string; readonly key: string };
  readonly log: Logger;
}

export async function startRestApi(options: RestApiOptions): Promise<RunningService> {
  const { hub, settings, tls, log } = options;
  const app: RestApp = fastify({
    https: tls,
    forceCloseConnections: true,
    // azure-iothub lists devices at `/devices/`.
    routerOptions: { ignoreTrailingSlash: true },
  });
  app.setErrorHandler(async (error, _request, reply) => {
    const refusal = refusalOf(error);
    if (refusal.code === 'InternalServerError') log.error({ err: error }, 'request failed');
    await reply.code(refusal.statusCode).send(errorDocument(refusal));
  });
  app.setNotFoundHandler(async (request, reply) => {
    const message = `${request.method} ${request.url.split('?')[0]} is not supported here.`;
    await reply.code(501).send(errorDocument(new IotHubError('NotSupported', message)));
  });
  const access = new Access(hub.hostName, settings.secrets.iotHubOwnerKey, hub.store);
  addIdentityRoutes(app, hub, access);
  addTwinRoutes(app, hub, access);
  await app.listen({ host: '127.0.0.1', port: settings.ports.iotHubHttps });
  return { stop: () => app.close() };
}

function refusalOf(error: unknown): IotHubError {
  if (error instanceof IotHubError) return error;
  if (error instanceof z.ZodError) {
    return new IotHubError('ArgumentInvalid', z.prettifyError(error));
  }
  const isBadRequest =
    error instanceof Error && 'statusCode' in error && Number(error.statusCode) < 500;
  return isBadRequest
    ? new IotHubError('ArgumentInvalid', error.message)
    : new IotHubError('InternalServerError', 'The simulator failed; its log says why.');
}

function errorDocument({ code, message }: IotHubError) {
  const trackingId = `Tracking ID:${randomUUID()}-TimeStamp:${new Date().toISOString()}`;
  return { Message: `ErrorCode:${code};${message}`, ExceptionMessage: trackingId };
}

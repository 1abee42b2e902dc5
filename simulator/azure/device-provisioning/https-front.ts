/** Device Provisioning over HTTPS: what devices ask, and the API of the service side. */
import type { Server } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { fastify, type FastifyInstance, type FastifyReply } from 'fastify';
import { z } from 'zod';
import { ASKS_FOR_CERTIFICATES, clientCertificateOf } from '../../wire/client-certificate.ts';
import type { RunningService } from '../../wire/local-process.ts';
import type { Logger } from '../../wire/logger.ts';
import { parseSasToken } from '../../wire/sas-token.ts';
import type { Proof } from './attestation.ts';
import type { DeviceApi, DeviceResponse, ProvisioningClient } from './device-api.ts';
import { ProvisioningError } from './provisioning-error.ts';
import type { ProvisioningApp, ProvisioningRequest } from './service-api/provisioning-app.ts';
import { addServiceApi } from './service-api/service-api.ts';
import type { ServiceApiParts } from './service-api/service-api-parts.ts';

export interface HttpsFrontOptions extends ServiceApiParts {
  readonly tls: { readonly cert: string; readonly key: string };
  readonly api: DeviceApi;
  readonly log: Logger;
}

interface DeviceRoute {
  readonly Params: { readonly idScope: string; readonly registrationId: string };
}
interface OperationRoute extends DeviceRoute {
  readonly Params: DeviceRoute['Params'] & { readonly operationId: string };
}

/** Listens on 127.0.0.1 until stopped. */
export async function startHttpsFront(options: HttpsFrontOptions): Promise<RunningService> {
  const { settings, tls, log } = options;
  const app: ProvisioningApp = fastify({
    https: { ...tls, ...ASKS_FOR_CERTIFICATES },
    forceCloseConnections: true,
    // The SDK lists and changes in bulk at `/enrollments/`, and writes `enrollmentgroups` as well.
    routerOptions: { ignoreTrailingSlash: true, caseSensitive: false },
  });
  takeBodiesAsText(app);
  app.setErrorHandler(async (error, _request, reply) => {
    const refusal = refusalOf(error);
    if (refusal.code === 'internal') log.error({ err: error }, 'request failed');
    await reply.code(refusal.status).send(refusal.document());
  });
  app.setNotFoundHandler(async ({ method, url }, reply) => {
    const message = `${method} ${url.split('?')[0]} is not supported here.`;
    const refusal = new ProvisioningError('notSupported', message);
    await reply.code(refusal.status).send(refusal.document());
  });
  addDeviceRoutes(app, settings.idScope, options.api);
  addServiceApi(app, options);
  await app.listen({ host: '127.0.0.1', port: settings.ports.deviceProvisioningHttps });
  return { stop: () => app.close() };
}

/** Each route parses what it needs, so that a malformed body gets the service's own answer. */
function takeBodiesAsText(app: FastifyInstance<Server>): void {
  const options = { parseAs: 'string' } as const;
  app.addContentTypeParser('application/json', options, (_request, body, done) => {
    done(null, body);
  });
}

function addDeviceRoutes(app: ProvisioningApp, idScope: string, api: DeviceApi): void {
  const path = '/:idScope/registrations/:registrationId';
  app.put<DeviceRoute>(`${path}/register`, async (request, reply) => {
    const client = clientOf(request, idScope);
    return respond(
      reply,
      await api.register(client, typeof request.body === 'string' ? request.body : ''),
    );
  });
  app.get<OperationRoute>(`${path}/operations/:operationId`, (request, reply) => {
    const client = clientOf(request, idScope);
    return respond(reply, api.status(client, request.params.operationId));
  });
}

function clientOf(request: ProvisioningRequest<DeviceRoute>, idScope: string): ProvisioningClient {
  const { idScope: named, registrationId } = request.params;
  if (named !== idScope) {
    throw new ProvisioningError('scopeNotFound', `There is no ID scope '${named}'.`);
  }
  return { registrationId, proof: proofOf(request) };
}

/** A token goes before the certificate of the connection. */
function proofOf({ headers, raw }: ProvisioningRequest<DeviceRoute>): Proof | undefined {
  if (headers.authorization !== undefined) {
    const token = parseSasToken(headers.authorization);
    return token && { kind: 'token', token };
  }
  const certificate = clientCertificateOf(raw.socket as TLSSocket);
  return certificate && { kind: 'certificate', certificate };
}

function respond(reply: FastifyReply<DeviceRoute, Server>, response: DeviceResponse) {
  const { status, body, retryAfterSeconds } = response;
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
  return reply.code(status).send(body);
}

function refusalOf(error: unknown): ProvisioningError {
  if (error instanceof ProvisioningError) return error;
  if (error instanceof z.ZodError) {
    return new ProvisioningError('badRequest', z.prettifyError(error));
  }
  const isBadRequest =
    error instanceof Error && 'statusCode' in error && Number(error.statusCode) < 500;
  return isBadRequest
    ? new ProvisioningError('badRequest', error.message)
    : new ProvisioningError('internal', 'The simulator failed; its log says why.');
}

/**
 * HTTP triggers: `http://127.0.0.1:<port>/<prefix>/<route>` calls a function.
 *
 * As the Functions runtime does it: routes and methods that no function has are answered 404
 * (a known route with another method too), a missing or wrong key 401, a handler that throws 500.
 * Source: learn.microsoft.com/azure/azure-functions/functions-bindings-http-webhook-trigger
 *
 * Invariants:
 * - only this machine can reach it;
 * - a function of authLevel `function` is called with a key only.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { fastify, type FastifyInstance, type FastifyReply, type FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { RunningService } from '../../wire/local-process.ts';
import type { Logger } from '../../wire/logger.ts';
import { withoutSecrets } from '../../wire/without-secrets.ts';
import { routerPath } from './core/route-template.ts';
import { FunctionsNotSupportedError, type RegisteredFunction } from './function-app.ts';
import type { InvocationRecorder } from './invocations.ts';
import type { InvocationResponse, RpcHttp } from './worker-contract.ts';

/** FUNCTIONS_REQUEST_BODY_SIZE_LIMIT of the runtime, bytes. */
const MAX_BODY_BYTES = 104_857_600;
/** Methods of a function that names none. */
const DEFAULT_METHODS = ['GET', 'POST'];

/** A function that is called over HTTP. */
export interface HttpTrigger {
  readonly name: string;
  readonly bindingName: string;
  /** Route template; undefined means the function's name. */
  readonly route: string | undefined;
  readonly methods: readonly string[] | undefined;
  readonly authLevel: string;
  readonly target: InvocationRecorder;
}

/** What all HTTP triggers of a host share. */
export interface HttpFrontOptions {
  readonly port: number;
  /** Segment before every route; empty for none. */
  readonly routePrefix: string;
  /** Key of functions with authLevel `function`. Secret. */
  readonly functionKey: string;
  readonly log: Logger;
}

/** What an app says of an HTTP trigger; the library fills in `authLevel`. */
const TriggerOptions = z.looseObject({
  route: z.string().optional(),
  methods: z.array(z.string()).optional(),
  authLevel: z.string(),
});

/** The HTTP trigger of a function that `target` calls. */
export function httpTrigger(
  { name, trigger }: RegisteredFunction,
  target: InvocationRecorder,
): HttpTrigger {
  const { route, methods, authLevel } = TriggerOptions.parse(trigger);
  return { name, bindingName: trigger.name, route, methods, authLevel, target };
}

/**
 * Starts answering for `triggers`.
 *
 * @throws FunctionsNotSupportedError when a trigger asks for what this host does not play
 * @throws Error when the port is taken
 */
export async function startHttpFront(
  triggers: readonly HttpTrigger[],
  options: HttpFrontOptions,
): Promise<RunningService> {
  const app = fastify({
    bodyLimit: MAX_BODY_BYTES,
    forceCloseConnections: true,
    exposeHeadRoutes: false,
    routerOptions: { caseSensitive: false, ignoreTrailingSlash: true },
  });
  app.removeAllContentTypeParsers();
  app.addContentTypeParser('*', { parseAs: 'buffer' }, (_request, body, done) => done(null, body));
  app.setNotFoundHandler((_request, reply) => reply.code(404).send());
  for (const trigger of triggers) addRoute(app, trigger, options);
  await app.listen({ host: '127.0.0.1', port: options.port });
  return { stop: () => app.close() };
}

function addRoute(app: FastifyInstance, trigger: HttpTrigger, options: HttpFrontOptions): void {
  const { name, authLevel } = trigger;
  if (!['anonymous', 'function'].includes(authLevel)) {
    throw new FunctionsNotSupportedError(
      `the local Functions host plays no authLevel ${authLevel} (function ${name})`,
    );
  }
  const path = routerPath(trigger.route ?? name);
  if (path === undefined) {
    throw new FunctionsNotSupportedError(
      `the local Functions host plays no route ${trigger.route} (function ${name})`,
    );
  }
  app.route({
    method: (trigger.methods ?? DEFAULT_METHODS).map((method) => method.toUpperCase()),
    url: options.routePrefix === '' ? path : `/${options.routePrefix}${path}`,
    handler: (request, reply) => answer(trigger, options, request, reply),
  });
}

async function answer(
  { name, bindingName, authLevel, target }: HttpTrigger,
  { functionKey, log }: HttpFrontOptions,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  if (authLevel === 'function' && !hasKey(request, functionKey)) return reply.code(401).send();
  try {
    const inputData = [{ name: bindingName, data: { http: requestOf(request) } }];
    return await respond(reply, responseOf(await target.invoke({ inputData }, 1)));
  } catch (error) {
    const reason = withoutSecrets(error instanceof Error ? error.message : String(error));
    log.warn({ reason, function: name }, 'HTTP invocation failed');
    return reply.code(500).send();
  }
}

function hasKey({ headers, query }: FastifyRequest, functionKey: string): boolean {
  const given = headers['x-functions-key'] ?? fieldOf(query, 'code');
  return typeof given === 'string' && timingSafeEqual(digest(given), digest(functionKey));
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function requestOf({ method, headers, host, url, query, params, body }: FastifyRequest): RpcHttp {
  return {
    method,
    url: `http://${host}${url}`,
    headers: strings(headers),
    query: strings(query),
    params: strings(params),
    ...(Buffer.isBuffer(body) ? { body: { bytes: body } } : {}),
  };
}

/** Repeated headers and query fields in one, as the runtime joins them. */
function strings(fields: unknown): Record<string, string> {
  if (typeof fields !== 'object' || fields === null) return {};
  return Object.fromEntries(
    Object.entries(fields).flatMap(([name, value]: [string, unknown]): [string, string][] => {
      if (Array.isArray(value)) return [[name, value.join(',')]];
      return typeof value === 'string' ? [[name, value]] : [];
    }),
  );
}

function fieldOf(fields: unknown, name: string): unknown {
  return strings(fields)[name];
}

function responseOf({ returnValue }: InvocationResponse): RpcHttp {
  const http = returnValue?.http;
  if (http === undefined) throw new FunctionsNotSupportedError('the function gave no response');
  if ((http.cookies ?? []).length > 0) {
    throw new FunctionsNotSupportedError('the local Functions host sets no cookies');
  }
  return http;
}

async function respond(reply: FastifyReply, { statusCode, headers, body }: RpcHttp) {
  const bytes = body?.bytes ?? body?.string ?? '';
  return reply
    .code(Number(statusCode ?? 200))
    .headers(headers ?? {})
    .send(typeof bytes === 'string' ? bytes : Buffer.from(bytes));
}

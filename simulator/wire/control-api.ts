/**
 * The small HTTP interface by which the local processes are watched and steered.
 *
 * Every call carries the bearer token of this machine's settings, so that no page of a browser and
 * no other user of the machine can steer anything.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { fastify, type FastifyInstance } from 'fastify';
import type { Ports, Settings } from './settings.ts';

export type ControlledProcess = keyof Ports['control'];

/** A refusal with an HTTP status and a sentence for people. */
export class ControlError extends Error {
  override readonly name = 'ControlError';
  readonly statusCode: number;

  constructor(statusCode: number, message: string) {
    super(message);
    this.statusCode = statusCode;
  }
}

/** Serves `routes` on 127.0.0.1; every process answers `GET /status` with what it wants to show. */
export async function startControlApi(
  settings: Settings,
  name: ControlledProcess,
  routes: (app: FastifyInstance) => void,
): Promise<{ stop(): Promise<void> }> {
  const app = fastify({ forceCloseConnections: true, bodyLimit: 16 * 1024 * 1024 });
  const expected = digest(`Bearer ${settings.secrets.controlToken}`);
  app.addHook('onRequest', async (request, reply) => {
    if (timingSafeEqual(digest(request.headers.authorization ?? ''), expected)) return;
    await reply.code(401).send({ message: 'The control token is missing or wrong.' });
  });
  routes(app);
  await app.listen({ host: '127.0.0.1', port: settings.ports.control[name] });
  return { stop: () => app.close() };
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

export interface ControlClient {
  get(path: string): Promise<unknown>;
  post(path: string, body?: unknown): Promise<unknown>;
}

/**
 * Talks to the control API of another local process.
 *
 * @throws ControlError with the other side's status and message, or 503 when it is not running
 */
export function controlClient(settings: Settings, name: ControlledProcess): ControlClient {
  const call = async (method: string, path: string, body?: unknown): Promise<unknown> => {
    const response = await fetch(`http://127.0.0.1:${settings.ports.control[name]}${path}`, {
      method,
      headers: {
        authorization: `Bearer ${settings.secrets.controlToken}`,
        ...(body === undefined ? {} : { 'content-type': 'application/json' }),
      },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      signal: AbortSignal.timeout(10_000),
    }).catch((error: unknown) => {
      throw new ControlError(503, `${name} does not answer: ${describe(error)}`);
    });
    const text = await response.text();
    const answer: unknown = text === '' ? undefined : JSON.parse(text);
    if (!response.ok) throw new ControlError(response.status, messageOf(answer));
    return answer;
  };
  return {
    get: (path) => call('GET', path),
    post: (path, body) => call('POST', path, body),
  };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

function messageOf(answer: unknown): string {
  const hasMessage = typeof answer === 'object' && answer !== null && 'message' in answer;
  return hasMessage ? String(answer.message) : 'refused';
}

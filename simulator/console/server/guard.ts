/**
 * Keeps other web sites out of the console.
 *
 * Invariants:
 * - a request for another host name is refused, so that no site can point its own name at 127.0.0.1;
 * - a request that changes or reveals something is taken only from the console's own pages and only
 *   as JSON, which no other site can send without being asked first.
 */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';

const READING_METHODS = new Set(['GET', 'HEAD']);

const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; frame-src 'self'; base-uri 'none'; form-action 'none'; " +
    "frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
  'cross-origin-resource-policy': 'same-origin',
};

/** Adds the checks and the security headers to every request of `app`. */
export function guardRequests(app: FastifyInstance, port: number): void {
  app.addHook('onRequest', async (request, reply) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) reply.raw.setHeader(name, value);
    const fault = faultOf(request, port);
    if (fault !== undefined) await refuse(reply, fault);
  });
}

interface Fault {
  readonly status: number;
  readonly message: string;
}

function faultOf({ method, headers }: FastifyRequest, port: number): Fault | undefined {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  if (!hosts.includes(headers.host ?? '')) {
    return { status: 421, message: `The console answers only to ${hosts.join(' and ')}.` };
  }
  if (READING_METHODS.has(method)) return undefined;
  if (headers.origin !== `http://${headers.host ?? ''}`) {
    return { status: 403, message: 'Only the pages of the console may change something.' };
  }
  if (!/^application\/json\s*(;|$)/i.test(headers['content-type'] ?? '')) {
    return { status: 415, message: 'Send the content type application/json.' };
  }
  return undefined;
}

async function refuse(reply: FastifyReply, { status, message }: Fault): Promise<void> {
  await reply.code(status).send({ message });
}

/**
 * Who is signed in, as App Service's built-in authentication says.
 *
 * App Service removes these headers from what comes from outside and adds its own, so they can be
 * believed there and nowhere else.
 *
 * Source: learn.microsoft.com/azure/app-service/configure-authentication-user-identities
 */
import type { IncomingHttpHeaders } from 'node:http';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import type { PageSession } from '../core/page-message.ts';

/** Whether the platform in front signs people in. */
export type Authentication = 'easy-auth' | 'none';

/** App Service asks here whether the app lives; nobody is signed in then. */
export const HEALTH_PATH = '/health';

const SIGN_OUT_URL = '/.auth/logout?post_logout_redirect_uri=/';

const Principal = z.object({
  claims: z.array(z.object({ typ: z.string(), val: z.string() })).min(1),
  name_typ: z.string().nullish(),
});

/** Claims that name a person, best first. */
const NAME_CLAIMS = ['name', 'preferred_username', 'emails'];

/** Name of the person that the headers tell of; undefined when they tell of none. */
export function signedInAs(headers: IncomingHttpHeaders): string | undefined {
  const encoded = headers['x-ms-client-principal'];
  if (typeof encoded !== 'string') return undefined;
  const principal = Principal.safeParse(parse(Buffer.from(encoded, 'base64').toString('utf8')));
  if (!principal.success) return undefined;
  const { claims, name_typ: nameType } = principal.data;
  const names = [...NAME_CLAIMS, nameType ?? ''].flatMap(
    (type) => claims.find(({ typ }) => typ === type)?.val ?? [],
  );
  const header = headers['x-ms-client-principal-name'];
  return names[0] ?? (typeof header === 'string' ? header : 'somebody without a name');
}

/** Refuses everything but the health check as long as nobody is signed in. */
export function requireSignIn(app: FastifyInstance): void {
  app.addHook('onRequest', async ({ headers, url }, reply) => {
    if (url === HEALTH_PATH || signedInAs(headers) !== undefined) return;
    await reply.code(401).type('text/plain; charset=utf-8').send(REFUSAL);
  });
}

const REFUSAL =
  'Nobody is signed in. This dashboard serves only behind the built-in authentication of App ' +
  'Service: switch it on for this app ("Authentication" in the portal), or see the README of the ' +
  'dashboard.\n';

/** Tells the page who is looking. */
export function sessionOf(
  authentication: Authentication,
  headers: IncomingHttpHeaders,
): PageSession {
  const name = authentication === 'none' ? undefined : signedInAs(headers);
  return name === undefined
    ? { signedInAs: null, signOutUrl: null }
    : { signedInAs: name, signOutUrl: SIGN_OUT_URL };
}

function parse(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

import { fastify, type FastifyInstance } from 'fastify';
import type { BoardFeed } from './board-feed.ts';
import { serveBuiltPage } from './built-page.ts';
import type { PageStream } from './page-stream.ts';
import { HEALTH_PATH, requireSignIn, sessionOf, type Authentication } from './sign-in.ts';

/** Nothing from elsewhere runs, loads or frames the page. */
const SECURITY_HEADERS = {
  'content-security-policy':
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
    "connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
  'x-content-type-options': 'nosniff',
  'referrer-policy': 'no-referrer',
};

export interface WebServerParts {
  readonly feed: BoardFeed;
  readonly pages: PageStream;
  readonly authentication: Authentication;
  /** Folder with the built page. */
  readonly webFolder: string;
}

/** The page, its stream of events, who is looking, and the health check. */
export function createWebServer({
  feed,
  pages,
  authentication,
  webFolder,
}: WebServerParts): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  app.addHook('onRequest', async (_request, reply) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) reply.raw.setHeader(name, value);
  });
  if (authentication === 'easy-auth') requireSignIn(app);
  // The platform asks for the first one, without a sign-in: it learns that the process lives.
  app.get(HEALTH_PATH, async () => ({ status: 'ok' }));
  app.get('/api/health', async () => ({ status: 'ok', ...feed.health }));
  app.get('/api/session', async ({ headers }) => sessionOf(authentication, headers));
  app.get('/api/snapshot', async () => feed.snapshot());
  app.get('/events', (_request, reply) => {
    reply.hijack();
    pages.open(reply.raw, feed.snapshot());
  });
  serveBuiltPage(app, webFolder);
  return app;
}

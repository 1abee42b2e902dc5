import { fastify, type FastifyInstance } from 'fastify';
import type { BoardFeed } from './board-feed.ts';
import { serveBuiltPage } from './built-page.ts';
import type { PageStream } from './page-stream.ts';

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
  /** Folder with the built page. */
  readonly webFolder: string;
}

/** The page, its stream of events and the health check. */
export function createWebServer({ feed, pages, webFolder }: WebServerParts): FastifyInstance {
  const app = fastify({ forceCloseConnections: true });
  app.addHook('onRequest', async (_request, reply) => {
    for (const [name, value] of Object.entries(SECURITY_HEADERS)) reply.raw.setHeader(name, value);
  });
  app.get('/healthz', async () => ({ status: 'ok', ...feed.health }));
  app.get('/api/snapshot', async () => feed.snapshot());
  app.get('/events', (_request, reply) => {
    reply.hijack();
    pages.open(reply.raw, feed.snapshot());
  });
  serveBuiltPage(app, webFolder);
  return app;
}

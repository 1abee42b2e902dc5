import { fastify, type FastifyInstance } from 'fastify';
import { serveBuiltPage } from './built-page.ts';
import type { ConsoleContext } from './console-context.ts';
import { guardRequests } from './guard.ts';
import { azureRoutes } from './routes/azure-routes.ts';
import { gatewayRoutes } from './routes/gateway-routes.ts';
import { mailRoutes } from './routes/mail-routes.ts';
import { meterRoutes } from './routes/meter-routes.ts';

/** The console's pages and what they call; `webFolder` holds the built page. */
export function createConsoleServer(context: ConsoleContext, webFolder: string): FastifyInstance {
  const app = fastify({ forceCloseConnections: true, bodyLimit: 64 * 1024 });
  guardRequests(app, context.settings.ports.console);
  app.get('/api/events', (_request, reply) => {
    reply.hijack();
    context.live.open(reply.raw);
  });
  meterRoutes(app, context);
  gatewayRoutes(app, context);
  azureRoutes(app, context);
  mailRoutes(app, context);
  serveBuiltPage(app, webFolder);
  return app;
}

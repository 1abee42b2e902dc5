/**
 * Plays the part of Power BI's REST API that push datasets need, and shows what it was sent.
 *
 * It keeps counts and the last rows in memory, no reports; everything else of Power BI is absent.
 */
import { createHash, timingSafeEqual } from 'node:crypto';
import { fastify, type FastifyInstance } from 'fastify';
import type { LocalProcessContext, RunningService } from '../../wire/local-process.ts';
import type { PushDataset } from './core/push-dataset.ts';
import { datasetRoutes } from './dataset-routes.ts';
import { PAGE_HEADERS, PAGE_STYLE, pageHtml } from './page.ts';

/** Ten thousand rows of the widest kind that anybody sends here. */
const BODY_LIMIT_BYTES = 32 * 1024 * 1024;

/** Starts the recorder; its page answers without a token, its API only to this machine's own. */
export async function startPowerBi({ settings }: LocalProcessContext): Promise<RunningService> {
  const { ports, secrets } = settings;
  const app = fastify({ forceCloseConnections: true, bodyLimit: BODY_LIMIT_BYTES });
  const datasets = new Map<string, PushDataset>();
  refuseOtherHosts(app, ports.powerBi);
  servePage(app, datasets);
  await app.register(async (api) => {
    requireToken(api, secrets.controlToken);
    datasetRoutes(api, datasets);
  });
  await app.listen({ host: '127.0.0.1', port: ports.powerBi });
  return { stop: () => app.close() };
}

/** No web site may point its own name at this machine and read along. */
function refuseOtherHosts(app: FastifyInstance, port: number): void {
  const hosts = [`127.0.0.1:${port}`, `localhost:${port}`];
  app.addHook('onRequest', async ({ headers }, reply) => {
    if (hosts.includes(headers.host ?? '')) return;
    await reply
      .code(421)
      .send({ message: `Power BI here answers only to ${hosts.join(' and ')}.` });
  });
}

function requireToken(app: FastifyInstance, token: string): void {
  const expected = digest(`Bearer ${token}`);
  app.addHook('onRequest', async ({ headers }, reply) => {
    if (timingSafeEqual(digest(headers.authorization ?? ''), expected)) return;
    const error = { code: 'TokenInvalid', message: 'The access token is missing or wrong.' };
    await reply.code(401).send({ error });
  });
}

function digest(text: string): Buffer {
  return createHash('sha256').update(text).digest();
}

function servePage(app: FastifyInstance, datasets: ReadonlyMap<string, PushDataset>): void {
  app.get('/', (_request, reply) =>
    reply
      .headers(PAGE_HEADERS)
      .type('text/html; charset=utf-8')
      .send(pageHtml([...datasets.values()], Date.now())),
  );
  app.get('/page.css', (_request, reply) =>
    reply.headers(PAGE_HEADERS).type('text/css; charset=utf-8').send(PAGE_STYLE),
  );
}

/**
 * The HTTP endpoint for Prometheus: `/metrics`, and `/healthz` for whoever asks whether it is there.
 *
 * Invariants:
 * - the module starts only if the endpoint can be had: whoever configured it relies on it;
 * - from then on nothing that goes wrong here reaches the module.
 */
import { once } from 'node:events';
import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { EdgeError, messageOf } from './edge-error.ts';
import type { Logger } from './logger.ts';

/** Where to listen; port 0 takes a free one. */
export interface MetricsAddress {
  readonly host: string;
  readonly port: number;
}

/** What the endpoint answers with. */
export interface MetricsSource {
  text(): Promise<{ readonly type: string; readonly text: string }>;
}

/** Scrapers are few; each is answered in milliseconds. */
const MOST_CONNECTIONS = 16;
const REQUEST_MS = 5_000;

/**
 * Starts to answer; returns the address under which it does.
 *
 * @throws EdgeError ENVIRONMENT when nobody can listen there
 */
export async function serveMetrics(
  source: MetricsSource,
  { host, port }: MetricsAddress,
  log: Logger,
): Promise<string> {
  const server = createServer({ requestTimeout: REQUEST_MS, headersTimeout: REQUEST_MS });
  server.maxConnections = MOST_CONNECTIONS;
  server.on('request', ({ method, url }, response: ServerResponse) => {
    void answer({ source, log }, `${method} ${url}`, response);
  });
  await listen(server, { host, port });
  server.on('error', (error) => log.warn({ reason: messageOf(error) }, 'metrics not served'));
  // Not what keeps the process alive.
  server.unref();
  const { port: chosen } = server.address() as AddressInfo;
  return `http://${host.includes(':') ? `[${host}]` : host}:${chosen}/metrics`;
}

async function listen(server: Server, { host, port }: MetricsAddress): Promise<void> {
  try {
    server.listen({ host, port });
    await once(server, 'listening');
  } catch (error) {
    throw new EdgeError(
      'ENVIRONMENT',
      `The environment variables METRICS_HOST and METRICS_PORT are not usable (${messageOf(error)}): ` +
        'choose an address of this machine and a port that nothing else listens on, or leave METRICS_PORT out.',
      error,
    );
  }
}

async function answer(
  { source, log }: { readonly source: MetricsSource; readonly log: Logger },
  request: string,
  response: ServerResponse,
): Promise<void> {
  try {
    if (request === 'GET /metrics') {
      const { type, text } = await source.text();
      response.setHeader('Content-Type', type).end(text);
    } else if (request === 'GET /healthz') response.end('ok\n');
    else response.writeHead(404).end('GET /metrics or GET /healthz\n');
  } catch (error) {
    log.warn({ reason: messageOf(error) }, 'metrics not served');
    response.writeHead(500).end();
  }
}

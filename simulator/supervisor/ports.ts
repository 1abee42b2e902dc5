import { randomInt } from 'node:crypto';
import { createServer, type Server } from 'node:net';
import type { Ports } from '../wire/settings.ts';

/** Ports that `npm start` uses unless told otherwise; none needs root. */
export const DEFAULT_PORTS: Ports = {
  deviceProvisioning: 8885,
  deviceProvisioningHttps: 8445,
  deviceProvisioningAmqp: 5671,
  iotHubMqtt: 8884,
  iotHubHttps: 8443,
  eventHubs: 5672,
  linkMqtt: 8886,
  linkHttps: 8444,
  edgeHubMqtt: 8883,
  edgeHubMetrics: 9600,
  workload: 15580,
  smtp: 2525,
  blob: 10000,
  queue: 10001,
  table: 10002,
  sql: 1433,
  functions: 7071,
  dashboard: 5301,
  powerBi: 5302,
  console: 5300,
  tpm: 2323,
  control: {
    azure: 5311,
    jobs: 5312,
    functions: 5313,
    link: 5314,
    edgeHub: 5315,
    edgeAgent: 5316,
    meters: 5317,
    console: 5318,
  },
};

/** Linux gives ports away from 32768 on, macOS and Windows from 49152 on. */
const FIRST_CHOSEN = 20_000;
const END_CHOSEN = 32_000;
const MOST_ATTEMPTS = 100;

/** A port that another program holds. The message names it and the option that changes it. */
export class OccupiedPortError extends Error {
  override readonly name = 'OccupiedPortError';
  readonly code = 'OCCUPIED_PORT';
}

/** Names of all ports as the option `--port name=number` takes them, such as `control.azure`. */
export function portNames(ports: Ports): [name: string, port: number][] {
  return Object.entries(ports).flatMap(([name, port]): [string, number][] =>
    typeof port === 'number'
      ? [[name, port]]
      : Object.entries(port).map(([inner, value]) => [`${name}.${inner}`, value]),
  );
}

/** Returns `ports` with one of them changed; undefined when there is no port of that name. */
export function withPort(ports: Ports, name: string, port: number): Ports | undefined {
  if (!portNames(ports).some(([known]) => known === name)) return undefined;
  const [outer = '', inner] = name.split('.');
  return inner === undefined
    ? { ...ports, [outer]: port }
    : { ...ports, control: { ...ports.control, [inner]: port } };
}

/**
 * Makes sure that nobody listens on any of `ports` yet.
 *
 * @throws OccupiedPortError naming the first one taken
 */
export async function requireFree(ports: Ports): Promise<void> {
  const attempts = portNames(ports).map(([name, port]) => listen(port, name));
  const results = await Promise.allSettled(attempts);
  await Promise.all(
    results.flatMap((tried) => (tried.status === 'fulfilled' ? close(tried.value) : [])),
  );
  await Promise.all(attempts);
}

/**
 * As many free ports as the system needs, all different.
 *
 * They lie below those that operating systems give to connections and to whoever asks for any port, so
 * that nobody is given one between this choice and the moment it is listened on.
 */
export async function freePorts(): Promise<Ports> {
  const names = portNames(DEFAULT_PORTS);
  const servers = await Promise.all(names.map(([name]) => listenAnywhere(name)));
  let ports = DEFAULT_PORTS;
  for (const [index, [name]] of names.entries()) {
    const address = servers[index]?.address();
    if (typeof address !== 'object' || address === null) continue;
    ports = withPort(ports, name, address.port) ?? ports;
  }
  await Promise.all(servers.map(close));
  return ports;
}

/** On a port of our choice, or of the system's when none of those is free. */
async function listenAnywhere(name: string): Promise<Server> {
  for (let attempt = 1; attempt < MOST_ATTEMPTS; attempt += 1) {
    const server = await listen(randomInt(FIRST_CHOSEN, END_CHOSEN), name).catch(() => undefined);
    if (server !== undefined) return server;
  }
  return listen(0, name);
}

function listen(port: number, name: string): Promise<Server> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = error.code === 'EADDRINUSE' ? 'is in use' : `cannot be used (${error.code})`;
      reject(
        new OccupiedPortError(
          `Port ${port} (${name}) ${reason}. ` +
            `Free it, choose another with --port ${name}=NUMBER, or let the system choose: --free-ports`,
        ),
      );
    });
    server.listen(port, '127.0.0.1', () => resolve(server));
  });
}

function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

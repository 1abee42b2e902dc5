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
 * Listens on a port, which nobody else can then.
 *
 * @throws OccupiedPortError when it is taken; `name` says which of `Ports` it is
 */
export function listen(port: number, name: string): Promise<Server> {
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

/** Lets the port go. */
export function close(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

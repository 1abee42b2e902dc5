/** Settings of a local system of its own for one test: free ports, a temporary state folder. */
import { randomBytes } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import type { Ports, Settings } from '../../simulator/wire/settings.ts';

/** As many as `Ports` has, and some to spare. */
const PORT_COUNT = 33;

const PROJECT_FOLDER = fileURLToPath(new URL('../..', import.meta.url));

export interface TestSettings {
  readonly settings: Settings;
  /** Removes the state folder; call it after everything that uses the settings has stopped. */
  readonly cleanup: () => Promise<void>;
}

/** Makes settings whose ports are free right now; `overrides` replaces whole top-level fields. */
export async function testSettings(overrides: Partial<Settings> = {}): Promise<TestSettings> {
  const stateFolder = await mkdtemp(join(tmpdir(), 'iot-end-to-end-'));
  const settings: Settings = {
    stateFolder,
    projectFolder: PROJECT_FOLDER,
    iotHubHostName: 'lab-hub.azure-devices.net',
    deviceProvisioningHostName: 'lab-provisioning.azure-devices-provisioning.net',
    idScope: '0ne00000001',
    enrollmentGroupId: 'smart-meters',
    gatewayDeviceId: 'gateway-01',
    manifestFile: join(PROJECT_FOLDER, 'deployment.template.json'),
    faithful: false,
    powerBi: false,
    groupWaitSeconds: 0,
    logLevel: 'silent',
    meters: {
      count: 0,
      direct: 0,
      manual: false,
      intervalMs: 10_000,
      historySeconds: 0,
      seed: 1,
    },
    ports: await freePorts(),
    secrets: testSecrets(),
    ...overrides,
  };
  return { settings, cleanup: () => rm(stateFolder, { recursive: true, force: true }) };
}

function testSecrets(): Settings['secrets'] {
  return {
    enrollmentGroupKey: key(),
    gatewayKey: key(),
    iotHubOwnerKey: key(),
    deviceProvisioningOwnerKey: key(),
    eventHubsKey: key(),
    storageKey: randomBytes(64).toString('base64'),
    sqlPassword: key(),
    controlToken: randomBytes(16).toString('hex'),
  };
}

function key(): string {
  return randomBytes(32).toString('base64');
}

/**
 * Ports that nobody listens on. All are held open together, so that none is given out twice; the
 * system gives them out in turn, so that one let go does not come back soon.
 */
async function freePorts(): Promise<Ports> {
  const held = await Promise.all(Array.from({ length: PORT_COUNT }, holdPort));
  await Promise.all(held.map(({ server }) => new Promise((done) => server.close(done))));
  const ports = held.map(({ port }) => port);
  const next = (): number => {
    const port = ports.pop();
    if (port === undefined) throw new Error('freePorts must hold as many ports as Ports has');
    return port;
  };
  return {
    deviceProvisioning: next(),
    deviceProvisioningHttps: next(),
    deviceProvisioningAmqp: next(),
    iotHubMqtt: next(),
    iotHubHttps: next(),
    eventHubs: next(),
    linkMqtt: next(),
    linkHttps: next(),
    edgeHubMqtt: next(),
    edgeHubMetrics: next(),
    workload: next(),
    smtp: next(),
    blob: next(),
    queue: next(),
    table: next(),
    sql: next(),
    functions: next(),
    dashboard: next(),
    powerBi: next(),
    console: next(),
    tpm: next(),
    control: {
      azure: next(),
      jobs: next(),
      functions: next(),
      link: next(),
      edgeHub: next(),
      edgeAgent: next(),
      meters: next(),
      console: next(),
    },
  };
}

async function holdPort(): Promise<{ server: Server; port: number }> {
  const server = createServer();
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', resolve);
  });
  return { server, port: (server.address() as AddressInfo).port };
}

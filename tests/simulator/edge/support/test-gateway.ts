/** A gateway with its hub, link and workload API in the test process, and Microsoft's clients on it. */
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import devicePackage, {
  type Client as DeviceClient,
  type Message,
  type ModuleClient,
  type Twin,
} from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { pino } from 'pino';
import { ModuleIdentities } from '../../../../simulator/edge/edge-agent/module-identities.ts';
import { registerModules } from '../../../../simulator/edge/edge-agent/register-modules.ts';
import { startEdgeHub } from '../../../../simulator/edge/edge-hub/edge-hub.ts';
import { startWorkloadApi } from '../../../../simulator/edge/workload-api/workload-api.ts';
import { startLink } from '../../../../simulator/link/link.ts';
import { controlClient, type ControlClient } from '../../../../simulator/wire/control-api.ts';
import type { RunningService } from '../../../../simulator/wire/local-process.ts';
import { signSasToken } from '../../../../simulator/wire/sas-token.ts';
import type { Settings } from '../../../../simulator/wire/settings.ts';
import { TestAzure } from '../../../support/azure.ts';
import { RawMqttClient } from '../../../support/raw-mqtt.ts';
import { manifestDocument, type TestManifest } from './manifest.ts';

const log = pino({ level: 'silent' });

/** An event as the local Azure's peek shows it. */
export interface PeekedEvent {
  readonly properties: Record<string, string>;
  readonly messageId?: string;
  readonly body: unknown;
}

/** A message that came to an input. */
export interface Received {
  readonly input: string;
  readonly message: Message;
}

interface ModuleOptions {
  readonly environment?: Record<string, string>;
  readonly received?: Received[];
}

export class TestGateway {
  readonly azure: TestAzure;
  readonly settings: Settings;
  readonly control: ControlClient;
  readonly #link: ControlClient;
  readonly #identities: ModuleIdentities;
  readonly #services: RunningService[] = [];
  readonly #clients: (DeviceClient | ModuleClient)[] = [];
  #hub: RunningService | undefined;

  private constructor(azure: TestAzure, settings: Settings) {
    this.azure = azure;
    this.settings = settings;
    this.control = controlClient(settings, 'edgeHub');
    this.#link = controlClient(settings, 'link');
    this.#identities = new ModuleIdentities(join(settings.stateFolder, 'identities.json'));
  }

  static async start(
    manifest: TestManifest,
    overrides: Partial<Settings> = {},
  ): Promise<TestGateway> {
    const azure = await TestAzure.start();
    const manifestFile = join(azure.settings.stateFolder, 'manifest.json');
    await writeFile(manifestFile, JSON.stringify(manifestDocument(manifest)));
    const gateway = new TestGateway(azure, { ...azure.settings, manifestFile, ...overrides });
    await gateway.#start(manifest.modules);
    return gateway;
  }

  async #start(modules: readonly string[]): Promise<void> {
    const { settings, azure } = this;
    const { caPem } = azure.certificates;
    this.#identities.ensure(modules);
    this.#services.push(
      await startLink({ settings, log }),
      await startWorkloadApi({
        port: settings.ports.workload,
        trustBundlePem: caPem,
        sign: (moduleId, data) => this.#identities.sign(moduleId, data),
      }),
    );
    const hub = {
      hostName: settings.iotHubHostName,
      port: settings.ports.linkHttps,
      caPem,
      identity: { deviceId: settings.gatewayDeviceId },
      key: settings.secrets.gatewayKey,
    };
    await registerModules(hub, this.#identities, modules);
    await this.startHub();
  }

  async startHub(): Promise<void> {
    this.#hub = await startEdgeHub({ settings: this.settings, log });
  }

  async stopHub(): Promise<void> {
    await this.#hub?.stop();
  }

  async stop(): Promise<void> {
    await this.closeClients();
    await this.stopHub();
    await Promise.all(this.#services.map((service) => service.stop()));
    await this.azure.stop();
  }

  async closeClients(): Promise<void> {
    await Promise.allSettled(this.#clients.splice(0).map((client) => client.close()));
  }

  async cutLink(): Promise<void> {
    await this.#link.post('/cut');
  }

  async mendLink(): Promise<void> {
    await this.#link.post('/mend');
  }

  /** What a real edgeAgent puts into a module's environment. */
  moduleEnvironment(moduleId: string): Record<string, string> {
    const { settings } = this;
    return {
      IOTEDGE_WORKLOADURI: `http://127.0.0.1:${settings.ports.workload}/`,
      IOTEDGE_AUTHSCHEME: 'sasToken',
      IOTEDGE_MODULEGENERATIONID: this.#identities.get(moduleId)?.generationId ?? '',
      IOTEDGE_IOTHUBHOSTNAME: settings.iotHubHostName,
      IOTEDGE_GATEWAYHOSTNAME: `localhost:${settings.ports.edgeHubMqtt}`,
      IOTEDGE_DEVICEID: settings.gatewayDeviceId,
      IOTEDGE_MODULEID: moduleId,
    };
  }

  /** What iotedgehubdev prints for a module that runs outside of a container. */
  connectionString(moduleId: string): string {
    const { iotHubHostName, gatewayDeviceId, ports } = this.settings;
    return (
      `HostName=${iotHubHostName};GatewayHostName=localhost:${ports.edgeHubMqtt};` +
      `DeviceId=${gatewayDeviceId};ModuleId=${moduleId};SharedAccessKey=${this.moduleKey(moduleId)}`
    );
  }

  moduleKey(moduleId: string): string {
    return this.#identities.get(moduleId)?.key ?? '';
  }

  /** Microsoft's module client from the environment, open; what its inputs get goes to `received`. */
  async module(
    moduleId: string,
    { environment = this.moduleEnvironment(moduleId), received }: ModuleOptions = {},
  ): Promise<ModuleClient> {
    const client = await withEnvironment(environment, () =>
      devicePackage.ModuleClient.fromEnvironment(Mqtt),
    );
    this.#clients.push(client);
    // Before opening: a session that is resumed delivers at once.
    if (received !== undefined) {
      client.on('inputMessage', (input: string, message: Message) => {
        received.push({ input, message });
      });
    }
    await client.open();
    return client;
  }

  /** A device at IoT Hub, adopted by the gateway or not; its key. */
  async createDevice(deviceId: string, adopted = true): Promise<string> {
    const key = await this.azure.createDevice(deviceId);
    if (adopted) await this.adopt(deviceId);
    return key;
  }

  async adopt(deviceId: string): Promise<void> {
    const parent = this.settings.gatewayDeviceId;
    await this.azure.control.post(`/devices/${deviceId}/parent`, { parent });
  }

  /** Microsoft's device client behind the gateway, not open. */
  async leaf(deviceId: string, key: string): Promise<DeviceClient> {
    const { iotHubHostName, ports } = this.settings;
    const client = devicePackage.Client.fromConnectionString(
      `HostName=${iotHubHostName};DeviceId=${deviceId};SharedAccessKey=${key};` +
        `GatewayHostName=localhost:${ports.edgeHubMqtt}`,
      Mqtt,
    );
    await client.setOptions({ ca: this.azure.certificates.caPem });
    this.#clients.push(client);
    return client;
  }

  /** A module by hand, connected; `inputs/#` is subscribed on request. */
  async rawModule(moduleId: string, options: { clean?: boolean; inputs?: boolean } = {}) {
    const { iotHubHostName: hub, gatewayDeviceId: device, ports } = this.settings;
    const client = await RawMqttClient.open(ports.edgeHubMqtt, this.azure.certificates.caPem);
    const connack = await client.connack({
      clientId: `${device}/${moduleId}`,
      username: `${hub}/${device}/${moduleId}/?api-version=2021-04-12`,
      password: Buffer.from(
        signSasToken({
          resource: `${hub}/devices/${device}/modules/${moduleId}`,
          key: this.moduleKey(moduleId),
          expirySeconds: Math.floor(Date.now() / 1000) + 3600,
        }),
      ),
      clean: options.clean ?? false,
    });
    if (options.inputs === true) {
      const topic = `devices/${device}/modules/${moduleId}/inputs/#`;
      client.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1 }] });
      await client.next('suback');
    }
    return { client, connack };
  }

  /** Events at IoT Hub's built-in endpoint, oldest first in each partition. */
  async events(): Promise<PeekedEvent[]> {
    const answer = await this.azure.control.get('/event-hubs/iothub-ehub-lab/peek?count=500');
    // The newest comes first.
    return (answer as { events: PeekedEvent[] }).events.toReversed();
  }

  /** Messages that wait for an endpoint (`module/input`, or `iothub`). */
  async queued(endpoint: string): Promise<number> {
    const id = endpoint === 'iothub' ? endpoint : `${this.settings.gatewayDeviceId}/${endpoint}`;
    const status = (await this.control.get('/status')) as {
      endpoints: { endpoint: string; queued: number }[];
    };
    return status.endpoints
      .filter((queue) => queue.endpoint === id)
      .reduce((total, { queued }) => total + queued, 0);
  }
}

/** The text of a message's body. */
export function textOf(received: Message | undefined): string {
  const body: unknown = received?.getData();
  return Buffer.isBuffer(body) ? body.toString('utf8') : assert.fail('no body');
}

/** Reports properties over the SDK's twin. */
export function report(twin: Twin, patch: object): Promise<void> {
  return new Promise((resolve, reject) => {
    // The SDK declares the property as `any`.
    const reported = twin.properties.reported as Reported;
    reported.update(patch, (error) => (error ? reject(error) : resolve()));
  });
}

interface Reported {
  update(patch: object, done: (error?: Error) => void): void;
}

/** Runs `start` with these variables set; the SDK reads them before it first waits. */
export async function withEnvironment<T>(
  variables: Record<string, string>,
  start: () => Promise<T>,
): Promise<T> {
  const before = { ...process.env };
  Object.assign(process.env, variables);
  try {
    return await start();
  } finally {
    for (const name of Object.keys(variables)) {
      if (before[name] === undefined) delete process.env[name];
      else process.env[name] = before[name];
    }
  }
}

/** The local Azure inside the test process, and Microsoft's clients pointed at it. */
import { request } from 'node:https';
import devicePackage, { type Client as DeviceClient } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import type { Client as ServiceClient, Registry } from 'azure-iothub';
import { pino } from 'pino';
import { startAzure } from '../../simulator/azure/azure.ts';
import { ensureCertificates, type Certificates } from '../../simulator/wire/certificates.ts';
import { controlClient, type ControlClient } from '../../simulator/wire/control-api.ts';
import type { RunningService } from '../../simulator/wire/local-process.ts';
import type { Settings } from '../../simulator/wire/settings.ts';
import { localRegistry, localServiceClient, type LocalHub } from './service-client.ts';
import { testSettings } from './settings.ts';

const { Client } = devicePackage;

const log = pino({ level: 'silent' });

export class TestAzure {
  readonly settings: Settings;
  readonly certificates: Certificates;
  readonly control: ControlClient;
  readonly #cleanup: () => Promise<void>;
  readonly #clients: DeviceClient[] = [];
  #service: RunningService;

  private constructor(
    settings: Settings,
    certificates: Certificates,
    service: RunningService,
    cleanup: () => Promise<void>,
  ) {
    this.settings = settings;
    this.certificates = certificates;
    this.control = controlClient(settings, 'azure');
    this.#service = service;
    this.#cleanup = cleanup;
  }

  static async start(): Promise<TestAzure> {
    const { settings, cleanup } = await testSettings();
    const certificates = await ensureCertificates(settings);
    return new TestAzure(settings, certificates, await startAzure({ settings, log }), cleanup);
  }

  /** Everything stops and starts again from what is on disk. */
  async restart(): Promise<void> {
    await this.#service.stop();
    this.#service = await startAzure({ settings: this.settings, log });
  }

  async stop(): Promise<void> {
    await this.closeClients();
    await this.#service.stop();
    await this.#cleanup();
  }

  async closeClients(): Promise<void> {
    await Promise.allSettled(this.#clients.splice(0).map((client) => client.close()));
  }

  /** Registers a device and returns its primary key. */
  async createDevice(deviceId: string): Promise<string> {
    const { responseBody } = await this.registry().create({ deviceId });
    return responseBody.authentication?.symmetricKey?.primaryKey ?? '';
  }

  /** Microsoft's device client, not opened. */
  async deviceClient(deviceId: string, key: string): Promise<DeviceClient> {
    const { iotHubHostName: host, ports } = this.settings;
    const client = Client.fromConnectionString(
      `HostName=${host};DeviceId=${deviceId};SharedAccessKey=${key};` +
        `GatewayHostName=localhost:${ports.iotHubMqtt}`,
      Mqtt,
    );
    await client.setOptions({ ca: this.certificates.caPem });
    this.#clients.push(client);
    return client;
  }

  async openDevice(deviceId: string): Promise<DeviceClient> {
    const client = await this.deviceClient(deviceId, await this.createDevice(deviceId));
    await client.open();
    return client;
  }

  /** Microsoft's service client. */
  registry(key?: string): Registry {
    return localRegistry(this.#hub, key);
  }

  serviceClient(): ServiceClient {
    return localServiceClient(this.#hub);
  }

  /** A plain HTTPS request, trusting the local authority; the body is sent as JSON. */
  fetch(url: string, method: string, body?: object): Promise<{ status: number; body: string }> {
    const text = JSON.stringify(body ?? {});
    const length = Buffer.byteLength(text);
    const headers = { 'content-type': 'application/json', 'content-length': length };
    return new Promise((resolve, reject) => {
      const ca = this.certificates.caPem;
      const outgoing = request(url, { method, ca, agent: false, headers }, (response) => {
        let answer = '';
        response.on('data', (chunk: Buffer) => (answer += chunk.toString()));
        response.on('end', () => resolve({ status: response.statusCode ?? 0, body: answer }));
      });
      outgoing.on('error', reject);
      outgoing.end(text);
    });
  }

  get #hub(): LocalHub {
    return { settings: this.settings, caPem: this.certificates.caPem };
  }
}

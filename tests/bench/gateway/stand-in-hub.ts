/**
 * IoT Hub as cheap as can be: tells edge-hub who belongs to it and the twins, and acknowledges all it gets.
 */
import { createServer, type Server } from 'node:https';
import type { Certificates } from '../../../simulator/wire/certificates.ts';
import { createLogger } from '../../../simulator/wire/logger.ts';
import {
  startMqttFront,
  type MqttFront,
} from '../../../simulator/wire/mqtt-front/start-mqtt-front.ts';
import { parsePublishedTopic, twinResponseTopic } from '../../../simulator/wire/mqtt-topics.ts';
import type { PropertyBag } from '../../../simulator/wire/property-bag.ts';
import type { Settings } from '../../../simulator/wire/settings.ts';

/** What it is told of the gateway. */
export interface GatewayIdentities {
  /** Base64 keys by module id. */
  readonly keys: Readonly<Record<string, string>>;
  /** Desired properties by module id. */
  readonly desired: Readonly<Record<string, Readonly<Record<string, unknown>>>>;
}

/** Called with each message that came up. */
export type OnTelemetry = (bag: Readonly<PropertyBag>, body: Buffer) => void;

/** A message's id says which numbers of readings are in it. */
const TELEMETRY_ID = /^telemetry\/.*\/(\d+)-(\d+)$/;

interface Identity {
  readonly moduleId: string;
}

export class StandInHub {
  readonly #identities: GatewayIdentities;
  #front: MqttFront | undefined;
  #rest: Server | undefined;
  #readings = 0;
  #messages = 0;
  /** Told of every message; set while somebody measures. */
  onTelemetry: OnTelemetry = () => {};

  private constructor(identities: GatewayIdentities) {
    this.#identities = identities;
  }

  static async start(
    settings: Settings,
    certificates: Certificates,
    identities: GatewayIdentities,
  ): Promise<StandInHub> {
    const hub = new StandInHub(identities);
    await hub.#start(settings, certificates);
    return hub;
  }

  /** Readings that came up. */
  get readings(): number {
    return this.#readings;
  }

  /** Messages that came up, of all kinds. */
  get messages(): number {
    return this.#messages;
  }

  async stop(): Promise<void> {
    this.#rest?.closeAllConnections();
    await Promise.all([this.#front?.stop(), new Promise((resolve) => this.#rest?.close(resolve))]);
  }

  async #start(
    { ports, gatewayDeviceId, secrets }: Settings,
    { serverCertPem: cert, serverKeyPem: key }: Certificates,
  ): Promise<void> {
    const scope = JSON.stringify(this.#scope(gatewayDeviceId, secrets.gatewayKey));
    const rest = createServer({ cert, key }, (_request, response) => {
      response.setHeader('content-type', 'application/json').end(scope);
    });
    this.#rest = rest;
    await new Promise<void>((resolve) => rest.listen(ports.linkHttps, '127.0.0.1', resolve));
    this.#front = await startMqttFront<Identity>({
      port: ports.linkMqtt,
      tls: { cert, key },
      log: createLogger('stand-in-hub', 'silent'),
      handler: {
        connect: async ({ clientId }) => {
          const identity = { moduleId: clientId.split('/')[1] ?? '' };
          return { accepted: true, sessionPresent: false, identity };
        },
        connected: () => {},
        subscribe: async (_connection, filters) => filters.map(() => 0),
        unsubscribe: async () => {},
        disconnected: () => {},
        publish: async (connection, { topic, payload }) => {
          const parsed = parsePublishedTopic(topic);
          if (parsed.kind === 'telemetry') this.#count(parsed.bag, payload);
          else if (parsed.kind === 'twinGet') {
            const twin = this.#twin(connection.identity.moduleId);
            connection.send(twinResponseTopic(200, parsed.requestId), JSON.stringify(twin));
          } else if (parsed.kind === 'reportedPatch') {
            connection.send(twinResponseTopic(204, parsed.requestId, 2), '');
          }
        },
      },
    });
  }

  #count(bag: Readonly<PropertyBag>, body: Buffer): void {
    this.#messages += 1;
    const [, first, last] = TELEMETRY_ID.exec(bag['$.mid'] ?? '') ?? [];
    if (first !== undefined) this.#readings += Number(last) - Number(first) + 1;
    this.onTelemetry(bag, body);
  }

  #scope(deviceId: string, gatewayKey: string) {
    const authentication = (primaryKey: string) => ({ symmetricKey: { primaryKey } });
    const modules = Object.entries(this.#identities.keys).map(([moduleId, key]) => ({
      deviceId,
      moduleId,
      authentication: authentication(key),
    }));
    return { devices: [{ deviceId, authentication: authentication(gatewayKey) }], modules };
  }

  #twin(moduleId: string) {
    const desired = { ...this.#identities.desired[moduleId], $version: 1 };
    return { desired, reported: { $version: 1 } };
  }
}

/** One MQTT connection to IoT Hub, through the link: dialled once, used until it breaks. */
import mqtt, { type IClientOptions, type MqttClient } from 'mqtt';
import { identityId, identityResource, type IdentityName } from '../../../wire/identity-name.ts';
import { signSasToken } from '../../../wire/sas-token.ts';

const API_VERSION = '2021-04-12';
const TOKEN_SECONDS = 3600;
const CONNECT_TIMEOUT_MS = 10_000;
const KEEP_ALIVE_SECONDS = 20;

/** IoT Hub as the gateway sees it. */
export interface HubAddress {
  readonly hostName: string;
  readonly port: number;
  readonly caPem: string;
}

export interface HubConnectionEvents {
  readonly onConnected: () => void;
  readonly onMessage: (topic: string, payload: Buffer) => void;
  /** Called once, also when the connection never came about. */
  readonly onClosed: (reason: string) => void;
}

export class HubConnection {
  readonly #client: MqttClient;

  constructor(
    hub: HubAddress,
    who: IdentityName & { readonly key: string },
    events: HubConnectionEvents,
  ) {
    const client = mqtt.connect(clientOptions(hub, who));
    this.#client = client;
    let reason = 'the connection was closed';
    let isClosed = false;
    client.on('error', (error) => {
      reason = error.message;
      client.end(true);
    });
    client.on('connect', events.onConnected);
    client.on('message', events.onMessage);
    client.on('close', () => {
      if (isClosed) return;
      isClosed = true;
      client.end(true);
      events.onClosed(reason);
    });
  }

  /** QoS 1; `onAcknowledged` is not called when the connection breaks first. */
  publish(
    message: { topic: string; payload: Buffer; dup: boolean },
    onAcknowledged: () => void,
  ): void {
    const { topic, payload, dup } = message;
    this.#client.publish(topic, payload, { qos: 1, dup }, (error) => {
      if (error === undefined || error === null) onAcknowledged();
    });
  }

  /** QoS 0. */
  send(topic: string, payload: string): void {
    this.#client.publish(topic, payload, { qos: 0 });
  }

  subscribe(filter: string): void {
    this.#client.subscribe(filter, { qos: 0 });
  }

  unsubscribe(filter: string): void {
    this.#client.unsubscribe(filter);
  }

  close(): void {
    this.#client.end(true);
  }
}

function clientOptions(
  hub: HubAddress,
  who: IdentityName & { readonly key: string },
): IClientOptions {
  const resource = identityResource(hub.hostName, who);
  const expirySeconds = Math.floor(Date.now() / 1000) + TOKEN_SECONDS;
  const tls = { servername: hub.hostName, ca: hub.caPem };
  return {
    ...tls,
    protocol: 'mqtts',
    host: '127.0.0.1',
    port: hub.port,
    protocolVersion: 4,
    clientId: identityId(who),
    username: `${hub.hostName}/${identityId(who)}/?api-version=${API_VERSION}`,
    password: signSasToken({ resource, key: who.key, expirySeconds }),
    clean: true,
    keepalive: KEEP_ALIVE_SECONDS,
    connectTimeout: CONNECT_TIMEOUT_MS,
    // Whoever owns this connection dials again, with another token.
    reconnectPeriod: 0,
  };
}

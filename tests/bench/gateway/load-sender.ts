/**
 * Sends readings as the meter-simulator would, with as little work as can be: it must not be what is measured.
 *
 * Invariant: at most `MOST_UNACKNOWLEDGED` messages are without PUBACK.
 */
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import mqttPacket, { type Packet } from 'mqtt-packet';
import { identityResource } from '../../../simulator/wire/identity-name.ts';
import { telemetryTopic } from '../../../simulator/wire/mqtt-topics.ts';
import { signSasToken } from '../../../simulator/wire/sas-token.ts';
import type { Settings } from '../../../simulator/wire/settings.ts';

const MOST_UNACKNOWLEDGED = 200;
const MOST_PACKET_IDS = 65_535;

/** Who sends, and what edge-hub knows it by. */
export interface LoadSenderIdentity {
  readonly moduleId: string;
  /** Base64. */
  readonly key: string;
}

export class LoadSender {
  readonly #socket: TLSSocket;
  readonly #topic: string;
  readonly #onRoom: () => void;
  #sent = 0;
  #acknowledged = 0;

  private constructor(socket: TLSSocket, topic: string, onRoom: () => void) {
    this.#socket = socket;
    this.#topic = topic;
    this.#onRoom = onRoom;
  }

  /** @param onRoom called when more may be sent */
  static async open(
    settings: Settings,
    caPem: string,
    { moduleId, key }: LoadSenderIdentity,
    onRoom: () => void,
  ): Promise<LoadSender> {
    const name = { deviceId: settings.gatewayDeviceId, moduleId };
    const port = settings.ports.edgeHubMqtt;
    const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca: caPem });
    await once(socket, 'secureConnect');
    const bag = { '$.on': 'readings', '$.ct': 'application/json', '$.ce': 'utf-8' };
    const sender = new LoadSender(socket, telemetryTopic(name, bag), onRoom);
    const connected = sender.#listen();
    const resource = identityResource(settings.iotHubHostName, name);
    const expirySeconds = Math.floor(Date.now() / 1_000) + 3_600;
    sender.#write({
      cmd: 'connect',
      protocolId: 'MQTT',
      protocolVersion: 4,
      clean: true,
      clientId: `${name.deviceId}/${moduleId}`,
      username: `${settings.iotHubHostName}/${name.deviceId}/${moduleId}/?api-version=2021-04-12`,
      password: Buffer.from(signSasToken({ resource, key, expirySeconds })),
      keepalive: 0,
    });
    await connected;
    return sender;
  }

  /** Messages that edge-hub has taken. */
  get acknowledged(): number {
    return this.#acknowledged;
  }

  /** How many messages may be sent now. */
  get room(): number {
    return MOST_UNACKNOWLEDGED - (this.#sent - this.#acknowledged);
  }

  /** Sends messages in one write. */
  send(bodies: readonly string[]): void {
    if (bodies.length === 0) return;
    const packets = bodies.map((payload) => {
      const messageId = (this.#sent % MOST_PACKET_IDS) + 1;
      this.#sent += 1;
      return mqttPacket.generate({
        cmd: 'publish',
        topic: this.#topic,
        payload,
        messageId,
        qos: 1,
        dup: false,
        retain: false,
      });
    });
    this.#socket.write(Buffer.concat(packets));
  }

  close(): void {
    this.#socket.destroy();
  }

  #listen(): Promise<void> {
    return new Promise((resolve, reject) => {
      const parser = mqttPacket.parser();
      parser.on('packet', (packet: Packet) => {
        if (packet.cmd === 'puback') this.#acknowledged += 1;
        if (packet.cmd === 'connack') {
          if (packet.returnCode === 0) resolve();
          else reject(new Error(`edge-hub refused the load with code ${packet.returnCode}`));
        }
      });
      this.#socket.on('data', (chunk: Buffer) => {
        parser.parse(chunk);
        this.#onRoom();
      });
      this.#socket.on('error', reject);
      this.#socket.on('close', () => reject(new Error('edge-hub closed the load’s connection')));
    });
  }

  #write(packet: Packet): void {
    this.#socket.write(mqttPacket.generate(packet));
  }
}

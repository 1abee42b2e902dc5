/**
 * The SDK's MQTT transport with the acknowledgement of input messages in our hands.
 *
 * mqtt.js asks the overridable `handleMessage` before it sends a PUBACK, and sends none when that
 * calls back with an error; it then goes on reading. So the SDK stays as it is, and the PUBACK is
 * sent from here once the message's effect is on disk.
 *
 * Invariants:
 * - an input message is not acknowledged before its `acknowledge` is called;
 * - PUBACKs leave in the order in which the messages came;
 * - nothing is acknowledged on another connection than the message came on.
 */
import { EventEmitter } from 'node:events';
import sdkMqtt from 'azure-iot-device-mqtt';
import mqtt, { type IClientOptions, type MqttClient, type Packet } from 'mqtt';
import { CheckedMqttBase } from './checked-mqtt-base.ts';
import { checkSignatures } from './workload-requests.ts';

const { Mqtt } = sdkMqtt;

/** Makes mqtt.js connections; the probe puts one without a network in its place. */
export type ConnectMqtt = (uri: string, options: IClientOptions) => MqttClient;

export const connectMqtt: ConnectMqtt = (uri, options) => mqtt.connect(uri, options);

/** Where the SDK has its tokens from. */
export type AuthenticationProvider = ConstructorParameters<typeof Mqtt>[0];

/** The SDK's message as the transport hands it over. */
export interface SdkMessage {
  readonly data: unknown;
  readonly messageId: string;
  readonly properties: {
    readonly propertyList: readonly { readonly key: string; readonly value: string }[];
  };
}

/** Called for each input message; without `acknowledge` when the hook had no effect. */
export type InputListener = (
  input: string,
  message: SdkMessage,
  acknowledge: (() => void) | undefined,
) => void;

/** A transport class, as the SDK's factories want it. */
export type TransportConstructor = new (
  authentication: AuthenticationProvider,
) => InstanceType<typeof Mqtt>;

/** mqtt.js reads this as: do not acknowledge, go on. It never leaves mqtt.js. */
const DEFERRED = new Error('acknowledged after the commit');

/** What else a transport tells. */
export interface TransportListener {
  /** It takes its tokens from here. */
  authenticates(provider: AuthenticationProvider): void;
  /** A change of the twin came that cannot be read. */
  unreadable(): void;
}

const NOBODY: TransportListener = { authenticates: () => {}, unreadable: () => {} };

/** Makes a transport class whose input messages go to `listener`, from the first one on. */
export function deferringTransport(
  connect: ConnectMqtt,
  listener: InputListener,
  told: TransportListener = NOBODY,
): TransportConstructor {
  return class DeferringMqtt extends Mqtt {
    constructor(authentication: AuthenticationProvider) {
      const acknowledgements = new WeakMap<object, () => void>();
      const base = new CheckedMqttBase({ connect: hooked(connect, acknowledgements) });
      base.unreadable = () => told.unreadable();
      super(authentication, base);
      told.authenticates(authentication);
      checkSignatures(authentication);
      // Without a new token the connection ends with the old one, and the client is made anew then.
      if (authentication instanceof EventEmitter) authentication.on('error', () => undefined);
      // The session survives a disconnect, so messages may come before the SDK has subscribed again.
      this.on('inputMessage', (input: string, message: SdkMessage) => {
        const payload = message.data;
        const known = typeof payload === 'object' && payload !== null;
        listener(input, message, known ? acknowledgements.get(payload) : undefined);
      });
    }
  };
}

/** The transport finds its acknowledgement by the payload, which mqtt.js and the SDK pass through. */
function hooked(connect: ConnectMqtt, acknowledgements: WeakMap<object, () => void>): ConnectMqtt {
  return (uri, options) => {
    const client = connect(uri, options);
    const order = new AcknowledgementOrder((packetId) => sendPuback(client, packetId));
    client.handleMessage = (packet: Packet, callback) => {
      if (packet.cmd !== 'publish' || packet.qos !== 1 || packet.messageId === undefined) {
        callback();
        return;
      }
      if (typeof packet.payload === 'object' && packet.topic.includes('/inputs/')) {
        acknowledgements.set(packet.payload, order.arrived(packet.messageId));
        callback(DEFERRED);
      } else callback();
    };
    return client;
  };
}

function sendPuback(client: MqttClient, messageId: number): void {
  if (!client.connected || client.disconnecting) return;
  if ('_sendPacket' in client && typeof client._sendPacket === 'function') {
    client._sendPacket({ cmd: 'puback', messageId });
  }
}

interface Arrived {
  readonly packetId: number;
  done: boolean;
}

/** Releases acknowledgements in order of arrival. [MQTT-4.6.0-2] */
class AcknowledgementOrder {
  readonly #send: (packetId: number) => void;
  readonly #arrived: Arrived[] = [];

  constructor(send: (packetId: number) => void) {
    this.#send = send;
  }

  arrived(packetId: number): () => void {
    const entry: Arrived = { packetId, done: false };
    this.#arrived.push(entry);
    return () => {
      entry.done = true;
      this.#release();
    };
  }

  #release(): void {
    let first = this.#arrived[0];
    while (first?.done === true) {
      this.#arrived.shift();
      this.#send(first.packetId);
      first = this.#arrived[0];
    }
  }
}

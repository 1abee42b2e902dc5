/**
 * One accepted client: what it publishes and subscribes goes to the handler, answers go back.
 *
 * Invariants:
 * - no PUBACK before the handler has finished with the message;
 * - at most `MAX_UNFINISHED` messages are with the handler, then nothing more is read.
 */
import type { IPublishPacket, ISubscribePacket, IUnsubscribePacket, Packet } from 'mqtt-packet';
import { Acknowledgements } from './acknowledgements.ts';
import { Deliveries } from './deliveries.ts';
import { KeepAlive } from './keep-alive.ts';
import type { PacketSocket } from './packet-socket.ts';
import {
  ConnectionClosedError,
  type MqttConnect,
  type MqttConnection,
  type MqttHandler,
} from './types.ts';

const MAX_UNFINISHED = 256;
/** Reading goes on here, well below the limit, so that it does not stop and start all the time. */
const RESUME_UNFINISHED = 128;

export interface ConnectionOptions<Identity> {
  readonly socket: PacketSocket;
  readonly request: MqttConnect;
  readonly identity: Identity;
  readonly handler: MqttHandler<Identity>;
  readonly onClosed: (connection: Connection<Identity>, reason: string) => void;
}

export class Connection<Identity> implements MqttConnection<Identity> {
  readonly clientId: string;
  readonly identity: Identity;
  readonly #socket: PacketSocket;
  readonly #handler: MqttHandler<Identity>;
  readonly #acknowledgements: Acknowledgements;
  readonly #deliveries = new Deliveries();
  readonly #keepAlive: KeepAlive;
  #unfinished = 0;

  constructor({ socket, request, identity, handler, onClosed }: ConnectionOptions<Identity>) {
    this.clientId = request.clientId;
    this.identity = identity;
    this.#socket = socket;
    this.#handler = handler;
    this.#acknowledgements = new Acknowledgements((bytes) => socket.writeBytes(bytes));
    this.#keepAlive = new KeepAlive(request.keepAliveSeconds, () => {
      // While we hold it back, the client's pings are not read: that is not its silence.
      if (this.#unfinished >= RESUME_UNFINISHED) return;
      this.close('nothing received within 1.5 times the keep-alive interval');
    });
    socket.handOver({
      onPacket: (packet) => this.#receive(packet),
      onClose: (reason) => {
        this.#keepAlive.stop();
        this.#deliveries.fail(reason);
        onClosed(this, reason);
      },
    });
  }

  get closed(): boolean {
    return this.#socket.closed;
  }

  send(topic: string, payload: string | Buffer): void {
    this.#socket.write({ cmd: 'publish', topic, payload, qos: 0, dup: false, retain: false });
  }

  async deliver(message: {
    readonly topic: string;
    readonly payload: string | Buffer;
    readonly dup?: boolean;
  }): Promise<void> {
    if (this.closed) throw new ConnectionClosedError('the connection is closed');
    const { packetId, acknowledged } = this.#deliveries.begin();
    this.#socket.write({
      cmd: 'publish',
      topic: message.topic,
      payload: message.payload,
      messageId: packetId,
      qos: 1,
      dup: message.dup ?? false,
      retain: false,
    });
    await acknowledged;
  }

  close(reason: string): void {
    this.#socket.close(reason);
  }

  #receive(packet: Packet): void {
    this.#keepAlive.heard();
    switch (packet.cmd) {
      case 'publish':
        void this.#publish(packet);
        break;
      case 'puback':
        this.#deliveries.acknowledge(packet.messageId ?? 0);
        break;
      case 'subscribe':
        void this.#subscribe(packet);
        break;
      case 'unsubscribe':
        void this.#unsubscribe(packet);
        break;
      case 'pingreq':
        this.#socket.write({ cmd: 'pingresp' });
        break;
      case 'disconnect':
        this.close('the client disconnected');
        break;
      default:
        this.close(`protocol error: unexpected ${packet.cmd.toUpperCase()}`);
    }
  }

  async #publish({ topic, payload, qos, dup, messageId }: IPublishPacket): Promise<void> {
    if (qos === 2) return this.close('QoS 2 is not supported');
    // A topic name without wildcards [MQTT-3.3.2-2].
    if (topic === '' || /[+#\0]/.test(topic)) return this.close('malformed topic name');
    const done = qos === 1 ? this.#acknowledgements.owe(messageId ?? 0) : undefined;
    this.#began();
    try {
      const bytes = typeof payload === 'string' ? Buffer.from(payload) : payload;
      await this.#handler.publish(this, { topic, payload: bytes, qos, dup });
      done?.();
      this.#finished();
    } catch (error) {
      this.close(`publish refused: ${describe(error)}`);
    }
  }

  #began(): void {
    this.#unfinished += 1;
    if (this.#unfinished >= MAX_UNFINISHED) this.#socket.hold('unfinished');
  }

  #finished(): void {
    this.#unfinished -= 1;
    if (this.#unfinished === RESUME_UNFINISHED) this.#socket.release('unfinished');
  }

  async #subscribe({ subscriptions, messageId }: ISubscribePacket): Promise<void> {
    const filters = subscriptions.map(({ topic, qos }) => {
      return { topic, qos: qos === 0 ? (0 as const) : (1 as const) };
    });
    try {
      const granted = await this.#handler.subscribe(this, filters);
      this.#socket.write({ cmd: 'suback', granted, ...withId(messageId) });
    } catch (error) {
      this.close(`subscribe failed: ${describe(error)}`);
    }
  }

  async #unsubscribe({ unsubscriptions, messageId }: IUnsubscribePacket): Promise<void> {
    try {
      await this.#handler.unsubscribe(this, unsubscriptions);
      this.#socket.write({ cmd: 'unsuback', granted: [], ...withId(messageId) });
    } catch (error) {
      this.close(`unsubscribe failed: ${describe(error)}`);
    }
  }
}

function withId(messageId: number | undefined): { messageId?: number } {
  return messageId === undefined ? {} : { messageId };
}

function describe(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}

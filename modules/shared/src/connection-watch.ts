/**
 * Sees on the connection what the SDK does not tell, and can end it whatever state the SDK is in.
 *
 * Invariants:
 * - a subscription that edgeHub refuses or does not answer breaks the connection: the module would be
 *   deaf without knowing it;
 * - so does a renewed token for which edgeHub has not kept the session: the SDK, which puts a new
 *   connection in the place of the old one without a word, subscribes to nothing on it;
 * - after `abort`, no socket is left open.
 */
import type { MqttClient, Packet } from 'mqtt';
import type { Clock } from './clock.ts';
import { connectMqtt, type ConnectMqtt } from './deferred-puback.ts';

/** A connection that is cut without a word is noticed within twice this, whatever the traffic. */
const KEEP_ALIVE_SECONDS = 60;
const SUBACK_MS = 30_000;
/** A SUBACK return code from here on is a refusal. [MQTT-3.9.3-1] */
const REFUSED = 0x80;

/** What the watch tells. */
export interface WatchListener {
  /** Another connection stands in the place of the one before; what was said in between was not heard. */
  renewed(): void;
  /** The connection is of no use, though it may stand. */
  broken(reason: Error): void;
}

export class ConnectionWatch {
  readonly #clock: Clock;
  readonly #listener: WatchListener;
  readonly #clients = new Set<MqttClient>();
  #isFirst = true;

  constructor(clock: Clock, listener: WatchListener) {
    this.#clock = clock;
    this.#listener = listener;
  }

  /**
   * Makes a connection under watch.
   *
   * The keep-alive is put in here: `setOptions` of the SDK would replace all its options, the trusted
   * certificates among them.
   */
  readonly connect: ConnectMqtt = (uri, options) => {
    const client = connectMqtt(uri, { ...options, keepalive: KEEP_ALIVE_SECONDS });
    this.#clients.add(client);
    client.once('close', () => this.#clients.delete(client));
    if (!this.#isFirst) this.#watchRenewal(client);
    this.#isFirst = false;
    this.#watchSubscriptions(client);
    return client;
  };

  /** Ends what is open at once; resolves when the SDK has heard of it. */
  async abort(): Promise<void> {
    const clients = [...this.#clients];
    const closed = clients.map(async (client) => {
      const heard = new Promise((resolve) => client.once('close', resolve));
      streamOf(client).destroy();
      await heard;
    });
    await Promise.all(closed);
  }

  #watchRenewal(client: MqttClient): void {
    client.once('connect', ({ sessionPresent }) => {
      if (sessionPresent) this.#listener.renewed();
      else this.#listener.broken(new Error('edgeHub has forgotten the subscriptions'));
    });
  }

  #watchSubscriptions(client: MqttClient): void {
    const waiting = new Map<number, () => void>();
    client.on('packetsend', (packet: Packet) => {
      if (packet.cmd !== 'subscribe' || packet.messageId === undefined) return;
      const fail = () => this.#listener.broken(new Error('a subscription was not answered'));
      waiting.set(packet.messageId, this.#clock.after(SUBACK_MS, fail));
    });
    client.on('packetreceive', (packet: Packet) => {
      if (packet.cmd !== 'suback' || packet.messageId === undefined) return;
      waiting.get(packet.messageId)?.();
      waiting.delete(packet.messageId);
      const refused = packet.granted.some((code) => typeof code === 'number' && code >= REFUSED);
      if (refused) this.#listener.broken(new Error('edgeHub refused a subscription'));
    });
    client.once('close', () => {
      for (const cancel of waiting.values()) cancel();
    });
  }
}

/** mqtt.js' `end` does nothing on a client that is ending already; its stream always can be. */
function streamOf(client: MqttClient): { destroy(): void } {
  if (!('stream' in client)) return { destroy: () => client.end(true) };
  const { stream } = client;
  const isStream = (value: unknown): value is { destroy(): void } =>
    typeof value === 'object' && value !== null && 'destroy' in value;
  return isStream(stream) ? stream : { destroy: () => client.end(true) };
}

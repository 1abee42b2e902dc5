/** The contract between the MQTT front and the services behind it. */
import type { ClientCertificate } from '../client-certificate.ts';
import type { Logger } from '../logger.ts';

/** What a client asked for in its CONNECT. */
export interface MqttConnect {
  readonly clientId: string;
  readonly username: string;
  readonly password: string;
  readonly cleanSession: boolean;
  readonly keepAliveSeconds: number;
  /** Only when the front asks for certificates and the client has one. */
  readonly certificate?: ClientCertificate;
}

/** Accepted as `Identity`, or refused with a CONNACK return code (MQTT 3.1.1, table 3.1). */
export type ConnectAnswer<Identity> =
  | { readonly accepted: true; readonly sessionPresent: boolean; readonly identity: Identity }
  | { readonly accepted: false; readonly returnCode: 2 | 3 | 4 | 5 };

/** Quality of service: at most once, at least once. QoS 2 is granted as 1 and refused in PUBLISH. */
export type Qos = 0 | 1;

/** A SUBACK return code; 128 refuses the filter. */
export type SubscribeAnswer = Qos | 128;

/** One network connection of an accepted client. */
export interface MqttConnection<Identity> {
  readonly clientId: string;
  readonly identity: Identity;
  readonly closed: boolean;
  /** Publishes with QoS 0; nothing happens when the connection is closed. */
  send(topic: string, payload: string | Buffer): void;
  /**
   * Publishes with QoS 1, in the order of the calls; resolves when the client acknowledges.
   *
   * The caller keeps its own window: the number of calls that have not resolved.
   *
   * @throws ConnectionClosedError when the connection ends first
   */
  deliver(message: {
    readonly topic: string;
    readonly payload: string | Buffer;
    readonly dup?: boolean;
  }): Promise<void>;
  /** Ends the connection; `reason` goes to the log and to `disconnected`. */
  close(reason: string): void;
}

/** The connection ended before the client acknowledged. */
export class ConnectionClosedError extends Error {
  override readonly name = 'ConnectionClosedError';
  readonly code = 'CONNECTION_CLOSED';
}

/** A message that a client published. */
export interface MqttPublish {
  readonly topic: string;
  readonly payload: Buffer;
  readonly qos: Qos;
  readonly dup: boolean;
}

/** A service behind the front. */
export interface MqttHandler<Identity> {
  connect(request: MqttConnect): Promise<ConnectAnswer<Identity>>;
  /** Called after CONNACK, and after `disconnected` of a connection that this one took over. */
  connected(connection: MqttConnection<Identity>): void;
  /** One answer per filter, in their order. */
  subscribe(
    connection: MqttConnection<Identity>,
    filters: readonly { readonly topic: string; readonly qos: Qos }[],
  ): Promise<SubscribeAnswer[]>;
  unsubscribe(connection: MqttConnection<Identity>, filters: readonly string[]): Promise<void>;
  /**
   * Takes a message in; its PUBACK goes out when the promise resolves, in order of arrival.
   *
   * Called without waiting for the one before, so that many can share one commit. A rejection
   * closes the connection without PUBACK: the client will send again.
   */
  publish(connection: MqttConnection<Identity>, message: MqttPublish): Promise<void>;
  /** Called once for every `connected`. */
  disconnected(connection: MqttConnection<Identity>, reason: string): void;
}

export interface MqttFrontOptions<Identity> {
  /** Port on 127.0.0.1; 0 for any that is free. */
  readonly port: number;
  readonly tls: { readonly cert: string; readonly key: string };
  /** Lets clients prove themselves by a certificate; the handler decides whether it is good. */
  readonly asksForCertificates?: boolean;
  readonly handler: MqttHandler<Identity>;
  /** Largest packet taken in, bytes of header included. Default 262,144 + 16,384. */
  readonly maxPacketBytes?: number;
  readonly log: Logger;
}

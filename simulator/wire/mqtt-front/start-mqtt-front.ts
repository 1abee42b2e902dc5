/**
 * MQTT 3.1.1 over TLS, shared by Device Provisioning, IoT Hub and edgeHub.
 *
 * Invariants:
 * - one connection per client id: a new one takes over, after the old one has been closed;
 * - sessions, authorization and storage are the handler's: the front keeps nothing on disk.
 */
import type { AddressInfo, Socket } from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import type { IConnectPacket, Packet } from 'mqtt-packet';
import {
  ASKS_FOR_CERTIFICATES,
  clientCertificateOf,
  type ClientCertificate,
} from '../client-certificate.ts';
import { Connection } from './connection.ts';
import { PacketSocket } from './packet-socket.ts';
import type { ConnectAnswer, MqttConnect, MqttFrontOptions } from './types.ts';

/** IoT Hub takes messages of 256 KiB; the rest is for the topic with its property bag. */
const MAX_PACKET_BYTES = 262_144 + 16_384;
/** The real services wait this long for a CONNECT. */
const CONNECT_DEADLINE_MS = 60_000;
/** CONNACK: unacceptable protocol version, identifier rejected, unavailable, not authorized. */
const WRONG_VERSION = 1;
const WRONG_CLIENT_ID = 2;
const UNAVAILABLE = 3;
const NOT_AUTHORIZED = 5;

export interface MqttFront {
  /** The port it listens on. */
  readonly port: number;
  /** Closes all connections; may be called twice. */
  stop(): Promise<void>;
}

/** Listens on 127.0.0.1 until stopped. */
export async function startMqttFront<Identity>(
  options: MqttFrontOptions<Identity>,
): Promise<MqttFront> {
  const clients = new Clients(options);
  const tls = { ...options.tls, ...(options.asksForCertificates ? ASKS_FOR_CERTIFICATES : {}) };
  const server = createServer(tls, (socket) => clients.accept(socket));
  server.on('tlsClientError', (error) => {
    options.log.debug({ err: error }, 'TLS handshake failed');
  });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(options.port, '127.0.0.1', resolve);
  });
  const stop = () =>
    new Promise<void>((resolve) => {
      server.close(() => resolve());
      clients.closeAll('the server is stopping');
      // What is still shaking hands would keep the server open.
      for (const socket of sockets) socket.destroy();
    });
  return { port: (server.address() as AddressInfo).port, stop };
}

class Clients<Identity> {
  readonly #options: MqttFrontOptions<Identity>;
  readonly #sockets = new Set<PacketSocket>();
  readonly #connections = new Map<string, Connection<Identity>>();

  constructor(options: MqttFrontOptions<Identity>) {
    this.#options = options;
  }

  accept(rawSocket: TLSSocket): void {
    const deadline = setTimeout(() => socket.close('no CONNECT in time'), CONNECT_DEADLINE_MS);
    const maxPacketBytes = this.#options.maxPacketBytes ?? MAX_PACKET_BYTES;
    const socket = new PacketSocket(rawSocket, maxPacketBytes, {
      onPacket: (packet) => {
        clearTimeout(deadline);
        socket.hold('connecting');
        void this.#connect(socket, packet, this.#certificateOf(rawSocket));
      },
      onClose: (reason) => {
        clearTimeout(deadline);
        this.#options.log.debug({ reason }, 'connection closed before CONNACK');
      },
    });
    this.#sockets.add(socket);
    rawSocket.on('close', () => this.#sockets.delete(socket));
  }

  closeAll(reason: string): void {
    for (const socket of this.#sockets) socket.close(reason);
  }

  #certificateOf(socket: TLSSocket): ClientCertificate | undefined {
    return this.#options.asksForCertificates === true ? clientCertificateOf(socket) : undefined;
  }

  async #connect(
    socket: PacketSocket,
    packet: Packet,
    certificate: ClientCertificate | undefined,
  ): Promise<void> {
    if (packet.cmd !== 'connect') return socket.close('the first packet is not CONNECT');
    const refusal = refusalOf(packet);
    if (refusal !== undefined) return refuse(socket, refusal);
    const request = { ...requestOf(packet), ...(certificate === undefined ? {} : { certificate }) };
    const answer = await this.#ask(request);
    if (socket.closed) return;
    if (!answer.accepted) return refuse(socket, answer.returnCode);
    this.#begin(socket, request, answer);
  }

  async #ask(request: MqttConnect): Promise<ConnectAnswer<Identity>> {
    try {
      return await this.#options.handler.connect(request);
    } catch (error) {
      this.#options.log.error({ err: error, clientId: request.clientId }, 'CONNECT failed');
      return { accepted: false, returnCode: UNAVAILABLE };
    }
  }

  #begin(
    socket: PacketSocket,
    request: MqttConnect,
    { identity, sessionPresent }: ConnectAnswer<Identity> & { accepted: true },
  ): void {
    const { handler, log } = this.#options;
    const { clientId } = request;
    this.#connections.get(clientId)?.close('a new connection has taken over');
    const onClosed = (closed: Connection<Identity>, reason: string) => {
      log.debug({ clientId, reason }, 'client disconnected');
      if (this.#connections.get(clientId) === closed) this.#connections.delete(clientId);
      handler.disconnected(closed, reason);
    };
    const connection = new Connection({ socket, request, identity, handler, onClosed });
    this.#connections.set(clientId, connection);
    socket.write({ cmd: 'connack', returnCode: 0, sessionPresent });
    log.debug({ clientId, sessionPresent }, 'client connected');
    handler.connected(connection);
    socket.release('connecting');
  }
}

function refusalOf(packet: IConnectPacket): number | undefined {
  if (packet.protocolVersion !== 4) return WRONG_VERSION;
  if (packet.clientId === '') return WRONG_CLIENT_ID;
  // No client of ours sends a will; taking one and never sending it would break its promise.
  if (packet.will !== undefined) return NOT_AUTHORIZED;
  return undefined;
}

function refuse(socket: PacketSocket, returnCode: number): void {
  socket.write({ cmd: 'connack', returnCode, sessionPresent: false });
  socket.end(`CONNECT refused with return code ${returnCode}`);
}

function requestOf(packet: IConnectPacket): MqttConnect {
  return {
    clientId: packet.clientId,
    username: packet.username ?? '',
    password: packet.password?.toString('utf8') ?? '',
    cleanSession: packet.clean ?? false,
    keepAliveSeconds: packet.keepalive ?? 0,
  };
}

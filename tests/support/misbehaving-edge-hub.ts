/**
 * An edgeHub that does what a test tells it to, right or wrong: raw TLS and MQTT, and its workload API.
 *
 * Unlike `StubEdgeHub` it forgets a client's session when the connection ends, and sends only what was
 * subscribed to on the present connection.
 */
import { once } from 'node:events';
import {
  createServer as createTcpServer,
  type AddressInfo,
  type Server,
  type Socket,
} from 'node:net';
import { createServer, type TLSSocket } from 'node:tls';
import mqttPacket, { type IConnectPacket, type Packet } from 'mqtt-packet';
import {
  issueLeaf,
  validForDays,
  type Authority,
  type IssuedCertificate,
} from '../../simulator/wire/certificate-issuer.ts';
import { inputTopic, methodRequestTopic } from '../../simulator/wire/mqtt-topics.ts';
import { testRoot } from './certificates.ts';
import { WorkloadApi } from './workload-api.ts';

const IDENTITY = { deviceId: 'gateway-01', moduleId: 'module-01' };

/** What it does with each kind of packet. */
export interface Manners {
  /** CONNACK's return code; undefined: none comes. */
  connack: number | undefined;
  sessionPresent: boolean;
  /** SUBACK's return code; undefined: none comes. */
  suback: number | undefined;
  puback: boolean;
  /** Answer to a twin request; undefined: none comes. */
  twinGet: { readonly status: number; readonly body: string } | undefined;
  reported: { readonly status: number; readonly body: string } | undefined;
}

const GOOD_MANNERS: Manners = {
  connack: 0,
  sessionPresent: false,
  suback: 1,
  puback: true,
  twinGet: { status: 200, body: '{"desired":{"$version":1},"reported":{"$version":1}}' },
  reported: { status: 204, body: '' },
};

export class MisbehavingEdgeHub {
  readonly manners: Manners = { ...GOOD_MANNERS };
  readonly workload: WorkloadApi;
  /** CONNECT packets, oldest first. */
  readonly connects: IConnectPacket[] = [];
  /** Topics subscribed to on the present connection. */
  subscribed: string[] = [];
  /** Bodies that were published, twin requests apart. */
  readonly published: string[] = [];
  /** Packet ids that the module acknowledged. */
  readonly acknowledged: (number | undefined)[] = [];
  twinRequests = 0;
  /** TCP connections so far. */
  accepted = 0;
  /** Called with every CONNECT. */
  onConnect: (packet: IConnectPacket) => void = () => {};
  readonly #sockets = new Set<Socket>();
  #identity: IssuedCertificate;
  #server: Server | undefined;
  #socket: TLSSocket | undefined;
  #frozen: TLSSocket | undefined;
  #port = 0;

  private constructor(root: Authority, identity: IssuedCertificate) {
    this.workload = new WorkloadApi(root.certificatePem);
    this.#identity = identity;
  }

  static async start(): Promise<MisbehavingEdgeHub> {
    const root = await testRoot('edge root');
    const hub = new MisbehavingEdgeHub(root, await serverCertificate(root));
    await hub.workload.start();
    await hub.resume();
    return hub;
  }

  /** What edgeAgent puts into a module's environment. */
  get environment(): Record<string, string> {
    return {
      IOTEDGE_WORKLOADURI: this.workload.uri,
      IOTEDGE_DEVICEID: IDENTITY.deviceId,
      IOTEDGE_MODULEID: IDENTITY.moduleId,
      IOTEDGE_IOTHUBHOSTNAME: 'lab-hub.azure-devices.net',
      IOTEDGE_GATEWAYHOSTNAME: `localhost:${this.#port}`,
      IOTEDGE_AUTHSCHEME: 'sasToken',
      IOTEDGE_MODULEGENERATIONID: '1',
    };
  }

  get isConnected(): boolean {
    return this.#socket !== undefined;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Has another certificate from the next `resume` on, of its own authority or of one nobody trusts. */
  async certify(root: Authority, validFrom = new Date()): Promise<void> {
    this.#identity = await serverCertificate(root, validFrom);
  }

  /** Comes back on the same port. */
  async resume(): Promise<void> {
    const { certificatePem: cert, keyPem: key } = this.#identity;
    const server = createServer({ cert, key }, (socket) => this.#serve(socket));
    await this.#listen(server.on('tlsClientError', () => {}));
  }

  /** Comes back, takes connections, and says nothing at all on them, not even TLS. */
  async resumeMute(): Promise<void> {
    await this.#listen(createTcpServer((socket) => socket.resume()));
  }

  /** Goes away: nobody listens any more. */
  async pause(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    for (const socket of this.#sockets) socket.destroy();
    await closed;
  }

  async stop(): Promise<void> {
    await this.pause();
    await this.workload.stop();
  }

  /** Cuts the connection with a TCP reset, as a crash under traffic does. */
  reset(): void {
    for (const socket of this.#sockets) socket.resetAndDestroy();
  }

  /** The other end hears nothing more and gets no answer, and no end either. */
  freeze(): void {
    this.#frozen = this.#socket?.pause();
    this.#socket = undefined;
  }

  /** What was frozen reads on, and finds out whether the other end is still there. */
  thaw(): void {
    this.#frozen?.resume();
  }

  /** Sends a packet of any topic. */
  send(topic: string, payload: string, messageId?: number): void {
    const qos = messageId === undefined ? 0 : 1;
    const rest = messageId === undefined ? {} : { messageId };
    this.#write({ cmd: 'publish', topic, payload, qos, dup: false, retain: false, ...rest });
  }

  /** Sends an input message, if inputs were subscribed to. */
  input(bag: string, body: string, messageId: number): void {
    if (!this.subscribed.some((topic) => topic.endsWith('/inputs/#'))) return;
    this.send(`${inputTopic(IDENTITY, 'readings', {})}${bag}`, body, messageId);
  }

  /** Sends a change of the desired properties, if they were subscribed to. */
  patchDesired(body: string): void {
    if (!this.subscribed.some((topic) => topic.includes('/desired/'))) return;
    this.send('$iothub/twin/PATCH/properties/desired/?$version=2', body);
  }

  /** Calls a direct method, if methods were subscribed to; the answer is in `published`. */
  invoke(name: string, body: string): void {
    if (!this.subscribed.some((topic) => topic.includes('/methods/'))) return;
    this.send(methodRequestTopic(name, '1'), body);
  }

  async #listen(server: Server): Promise<void> {
    this.#server = server;
    server.on('connection', (socket) => {
      this.accepted += 1;
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
      socket.on('error', () => {});
    });
    server.listen(this.#port, '127.0.0.1');
    await once(server, 'listening');
    this.#port = (server.address() as AddressInfo).port;
  }

  #serve(socket: TLSSocket): void {
    const parser = mqttPacket.parser();
    parser.on('packet', (packet: Packet) => this.#take(socket, packet));
    socket.on('data', (chunk: Buffer) => parser.parse(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      if (this.#socket === socket) this.#socket = undefined;
    });
  }

  #take(socket: TLSSocket, packet: Packet): void {
    if (packet.cmd === 'connect') this.#connect(socket, packet);
    else if (packet.cmd === 'subscribe') this.#subscribe(packet);
    else if (packet.cmd === 'publish') this.#publish(packet);
    else if (packet.cmd === 'puback') this.acknowledged.push(packet.messageId);
    else if (packet.cmd === 'pingreq') this.#write({ cmd: 'pingresp' });
  }

  #connect(socket: TLSSocket, packet: IConnectPacket): void {
    const { connack: returnCode, sessionPresent } = this.manners;
    this.connects.push(packet);
    this.onConnect(packet);
    if (returnCode === undefined) return;
    this.#socket = socket;
    if (!sessionPresent) this.subscribed = [];
    this.#write({ cmd: 'connack', returnCode, sessionPresent });
    if (returnCode !== 0) socket.end();
  }

  #subscribe({ messageId, subscriptions }: Extract<Packet, { cmd: 'subscribe' }>): void {
    const { suback } = this.manners;
    if (suback === undefined) return;
    if (suback < 128) this.subscribed.push(...subscriptions.map(({ topic }) => topic));
    const granted = subscriptions.map(() => suback);
    this.#write({ cmd: 'suback', granted, ...(messageId === undefined ? {} : { messageId }) });
  }

  #publish({ topic, payload, messageId }: Extract<Packet, { cmd: 'publish' }>): void {
    const requestId = /\$rid=(.*)$/.exec(topic)?.[1] ?? '';
    if (topic.startsWith('$iothub/twin/')) {
      this.twinRequests += 1;
      const isGet = topic.startsWith('$iothub/twin/GET');
      const answer = isGet ? this.manners.twinGet : this.manners.reported;
      if (answer === undefined) return;
      this.send(`$iothub/twin/res/${answer.status}/?$rid=${requestId}`, answer.body);
    } else {
      this.published.push(`${topic} ${payload.toString()}`);
      if (messageId !== undefined && this.manners.puback) this.#write({ cmd: 'puback', messageId });
    }
  }

  #write(packet: Packet): void {
    if (this.#socket?.writable === true) this.#socket.write(mqttPacket.generate(packet));
  }
}

function serverCertificate(root: Authority, validFrom = new Date()): Promise<IssuedCertificate> {
  return issueLeaf(root, {
    commonName: 'localhost',
    validity: validForDays(90, validFrom),
    usages: ['server'],
    serverNames: [{ type: 'dns', value: 'localhost' }],
  });
}

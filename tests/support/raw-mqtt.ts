/** An MQTT client that says exactly what a test tells it to, right or wrong. */
import { once } from 'node:events';
import { connect, type TLSSocket } from 'node:tls';
import mqttPacket, { type IConnectPacket, type Packet } from 'mqtt-packet';

export class RawMqttClient {
  readonly #socket: TLSSocket;
  readonly #received: Packet[] = [];
  #wake: () => void = () => {};
  #closed = false;

  private constructor(socket: TLSSocket) {
    this.#socket = socket;
    const parser = mqttPacket.parser();
    parser.on('packet', (packet: Packet) => {
      this.#received.push(packet);
      this.#wake();
    });
    socket.on('data', (chunk: Buffer) => parser.parse(chunk));
    socket.on('error', () => {});
    socket.on('close', () => {
      this.#closed = true;
      this.#wake();
    });
  }

  /** Opens the TLS connection only. */
  static async open(port: number, caPem: string): Promise<RawMqttClient> {
    const socket = connect({ host: '127.0.0.1', servername: 'localhost', port, ca: caPem });
    await once(socket, 'secureConnect');
    return new RawMqttClient(socket);
  }

  send(...packets: Packet[]): void {
    this.sendBytes(Buffer.concat(packets.map((packet) => mqttPacket.generate(packet))));
  }

  sendBytes(bytes: Buffer): void {
    this.#socket.write(bytes);
  }

  /** Sends CONNECT and returns CONNACK's return code. */
  async connect(fields: Partial<IConnectPacket> & { clientId: string }): Promise<number> {
    const connack = await this.connack(fields);
    return connack.returnCode ?? -1;
  }

  /** Sends CONNECT and returns the CONNACK. */
  async connack(fields: Partial<IConnectPacket> & { clientId: string }) {
    this.send({ cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clean: true, ...fields });
    return this.next('connack');
  }

  /** The next packet, which must be of this kind. */
  async next<Cmd extends Packet['cmd']>(cmd: Cmd): Promise<Extract<Packet, { cmd: Cmd }>> {
    const packet = await this.#take();
    if (packet?.cmd !== cmd) throw new Error(`expected ${cmd}, got ${packet?.cmd ?? 'the end'}`);
    return packet as Extract<Packet, { cmd: Cmd }>;
  }

  /** Resolves when the server has closed the connection; packets on the way are dropped. */
  async closed(): Promise<void> {
    while (!this.#closed) await this.#change();
  }

  /** Ends without a DISCONNECT, as a power cut does. */
  destroy(): void {
    this.#socket.destroy();
  }

  async #take(): Promise<Packet | undefined> {
    while (this.#received.length === 0 && !this.#closed) await this.#change();
    return this.#received.shift();
  }

  #change(): Promise<void> {
    return new Promise((resolve) => {
      this.#wake = resolve;
    });
  }
}

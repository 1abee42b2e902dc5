/**
 * TLS as TDS 7.4 has it: the handshake travels inside PRELOGIN packets, everything after it does not.
 *
 * Invariants:
 * - each PRELOGIN message of the client gets one in return, with all that TLS has to say;
 * - nothing of the connection's second half is wrapped: it begins with the client's first record of
 *   application data, which only comes when the handshake is over.
 *
 * Source: [MS-TDS] 3.2.5.3 and 2.2.6.5.
 */
import type { Socket } from 'node:net';
import { Duplex } from 'node:stream';
import { HEADER_BYTES, PACKET, packets } from './wire-format.ts';

const PACKET_BYTES = 4096;

/** What TLS takes for its socket. */
export class TlsTunnel extends Duplex {
  readonly #socket: Socket;
  #received = Buffer.alloc(0);
  #isHandshaking = true;
  #flight: Buffer[] = [];

  constructor(socket: Socket) {
    super();
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#take(chunk));
    socket.on('close', () => this.destroy());
    socket.on('error', () => this.destroy());
  }

  override _read(): void {
    this.#socket.resume();
  }

  override _write(
    chunk: Buffer,
    _encoding: BufferEncoding,
    done: (error?: Error | null) => void,
  ): void {
    if (!this.#isHandshaking) {
      this.#socket.write(chunk, done);
      return;
    }
    // TLS writes a flight in pieces; the client waits for one message.
    if (this.#flight.length === 0) setImmediate(() => this.#sendFlight());
    this.#flight.push(chunk);
    done();
  }

  override _final(done: () => void): void {
    this.#socket.end();
    done();
  }

  override _destroy(error: Error | null, done: (error: Error | null) => void): void {
    this.#socket.destroy();
    done(error);
  }

  #sendFlight(): void {
    const flight = Buffer.concat(this.#flight);
    this.#flight = [];
    if (!this.#socket.destroyed) {
      this.#socket.write(packets(PACKET.preLogin, flight, PACKET_BYTES, true));
    }
  }

  #take(chunk: Buffer): void {
    this.#received = Buffer.concat([this.#received, chunk]);
    while (this.#isHandshaking && this.#received.length > 0) {
      if (this.#received[0] !== PACKET.preLogin) {
        this.#isHandshaking = false;
        break;
      }
      if (this.#received.length < HEADER_BYTES) return;
      const length = Math.max(this.#received.readUInt16BE(2), HEADER_BYTES);
      if (this.#received.length < length) return;
      this.#deliver(this.#received.subarray(HEADER_BYTES, length));
      this.#received = this.#received.subarray(length);
    }
    if (this.#received.length > 0) this.#deliver(this.#received);
    this.#received = Buffer.alloc(0);
  }

  #deliver(bytes: Buffer): void {
    if (!this.push(bytes)) this.#socket.pause();
  }
}

/** Messages of one connection: packets put together, and cut again. */
import { once } from 'node:events';
import type { Duplex } from 'node:stream';
import { ProtocolError } from './byte-reader.ts';
import { HEADER_BYTES, PACKET, STATUS, packets } from './wire-format.ts';

/** A whole message of the client. */
export interface Message {
  readonly type: number;
  readonly content: Buffer;
  /** The client gave it up half-way. */
  readonly isIgnored: boolean;
  /** The client wants a connection as new. */
  readonly resets: boolean;
}

/** A message that is larger than this is no client's of ours, bytes. */
const LARGEST_MESSAGE = 256 * 1024 * 1024;

/** Reads and writes on whatever stream the connection has come to: plain at first, then TLS. */
export class MessageStream {
  readonly #onMessage: (message: Message) => void;
  readonly #onFault: (error: Error) => void;
  #stream: Duplex;
  /** Aborted when the stream has closed: then nobody waits for it. */
  #gone = new AbortController();
  #received: Buffer[] = [];
  #receivedBytes = 0;
  #parts: Buffer[] = [];
  #partBytes = 0;
  packetBytes = 4096;

  constructor(
    stream: Duplex,
    onMessage: (message: Message) => void,
    onFault: (error: Error) => void,
  ) {
    this.#stream = stream;
    this.#onMessage = onMessage;
    this.#onFault = onFault;
    this.#listen();
  }

  /** Goes on with another stream, from the next message on. */
  moveTo(stream: Duplex): void {
    this.#stream.removeListener('data', this.#take);
    this.#stream = stream;
    this.#listen();
  }

  /** Sends a piece of a reply; resolves when the connection takes more. */
  async send(content: Buffer, isLast: boolean): Promise<void> {
    if (this.#stream.destroyed) return;
    const bytes = packets(PACKET.reply, content, this.packetBytes, isLast);
    const { signal } = this.#gone;
    if (!this.#stream.write(bytes))
      await once(this.#stream, 'drain', { signal }).catch(() => undefined);
  }

  #listen(): void {
    const gone = new AbortController();
    this.#gone = gone;
    this.#stream.on('data', this.#take);
    this.#stream.once('close', () => gone.abort());
  }

  readonly #take = (chunk: Buffer): void => {
    this.#received.push(chunk);
    this.#receivedBytes += chunk.length;
    try {
      while (this.#nextPacket());
    } catch (error) {
      this.#onFault(error instanceof Error ? error : new Error(String(error)));
    }
  };

  /** Takes one packet, if it is there. */
  #nextPacket(): boolean {
    if (this.#receivedBytes < HEADER_BYTES) return false;
    const bytes = this.#received.length === 1 ? this.#received[0] : Buffer.concat(this.#received);
    if (bytes === undefined) return false;
    this.#received = [bytes];
    const length = bytes.readUInt16BE(2);
    if (length < HEADER_BYTES) throw new ProtocolError('a packet is shorter than its header');
    if (bytes.length < length) return false;
    const rest = bytes.subarray(length);
    this.#received = rest.length === 0 ? [] : [rest];
    this.#receivedBytes = rest.length;
    this.#addPacket(bytes.subarray(0, length));
    return true;
  }

  #addPacket(packet: Buffer): void {
    const status = packet[1] ?? 0;
    this.#parts.push(packet.subarray(HEADER_BYTES));
    this.#partBytes += packet.length;
    if (this.#partBytes > LARGEST_MESSAGE) throw new ProtocolError('a message is too large');
    if ((status & STATUS.lastPacket) === 0) return;
    const content = Buffer.concat(this.#parts);
    this.#parts = [];
    this.#partBytes = 0;
    this.#onMessage({
      type: packet[0] ?? 0,
      content,
      isIgnored: (status & STATUS.ignore) !== 0,
      resets: (status & STATUS.resetConnection) !== 0,
    });
  }
}

/**
 * Cuts the byte stream of a client into MQTT 3.1.1 packets.
 *
 * Invariants:
 * - a packet longer than the limit is refused as soon as its length is known, before its bytes are
 *   kept;
 * - after an error nothing more is read.
 */
import mqttPacket, { type Packet, type Parser } from 'mqtt-packet';

/** The client broke the protocol or sent more than is taken. */
export class MalformedPacketError extends Error {
  override readonly name = 'MalformedPacketError';
  readonly code = 'MALFORMED_PACKET';
}

/** Remaining length takes at most four bytes of seven bits (MQTT 3.1.1, section 2.2.3). */
const MAX_LENGTH_BYTES = 4;

export class PacketReader {
  readonly #maxPacketBytes: number;
  readonly #parser: Parser = mqttPacket.parser();
  /** Bytes of the current packet that are still to come, once its length is known. */
  #bytesLeft = 0;
  /** Position within the fixed header, 0 before its first byte. */
  #headerBytes = 0;
  #length = 0;
  #failed = false;

  constructor(maxPacketBytes: number, onPacket: (packet: Packet) => void) {
    this.#maxPacketBytes = maxPacketBytes;
    this.#parser.on('packet', onPacket);
    this.#parser.on('error', (error: Error) => {
      throw new MalformedPacketError(error.message, { cause: error });
    });
  }

  /** @throws MalformedPacketError at the first packet that breaks a rule */
  read(chunk: Buffer): void {
    if (this.#failed) return;
    try {
      this.#checkLengths(chunk);
      this.#parser.parse(chunk);
    } catch (error) {
      this.#failed = true;
      throw error instanceof MalformedPacketError
        ? error
        : new MalformedPacketError(error instanceof Error ? error.message : String(error));
    }
  }

  #checkLengths(chunk: Buffer): void {
    let position = 0;
    while (position < chunk.length) {
      if (this.#bytesLeft > 0) {
        const skipped = Math.min(this.#bytesLeft, chunk.length - position);
        this.#bytesLeft -= skipped;
        position += skipped;
      } else {
        this.#readHeaderByte(chunk[position] ?? 0);
        position += 1;
      }
    }
  }

  #readHeaderByte(byte: number): void {
    if (this.#headerBytes > 0) {
      this.#length += (byte & 0x7f) * 128 ** (this.#headerBytes - 1);
      if (byte < 0x80) {
        this.#endHeader();
        return;
      }
      if (this.#headerBytes === MAX_LENGTH_BYTES) {
        throw new MalformedPacketError('the remaining length has more than four bytes');
      }
    }
    this.#headerBytes += 1;
  }

  #endHeader(): void {
    const packetBytes = 1 + this.#headerBytes + this.#length;
    if (packetBytes > this.#maxPacketBytes) {
      throw new MalformedPacketError(
        `a packet of ${packetBytes} bytes is over the limit of ${this.#maxPacketBytes}`,
      );
    }
    this.#bytesLeft = this.#length;
    this.#headerBytes = 0;
    this.#length = 0;
  }
}

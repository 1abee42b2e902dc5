/** A message that ends too early or says what it must not. The connection ends. */
export class ProtocolError extends Error {
  override readonly name = 'ProtocolError';
  readonly code = 'TDS_PROTOCOL';
}

/** Reads the bytes of a message in order; little-endian, as TDS is after its packet header. */
export class ByteReader {
  readonly #bytes: Buffer;
  #offset = 0;

  constructor(bytes: Buffer) {
    this.#bytes = bytes;
  }

  get isAtEnd(): boolean {
    return this.#offset >= this.#bytes.length;
  }

  bytes(count: number): Buffer {
    const end = this.#offset + count;
    if (count < 0 || end > this.#bytes.length) throw new ProtocolError('a message ends too early');
    const found = this.#bytes.subarray(this.#offset, end);
    this.#offset = end;
    return found;
  }

  uint8(): number {
    return this.bytes(1).readUInt8();
  }

  uint16(): number {
    return this.bytes(2).readUInt16LE();
  }

  uint32(): number {
    return this.bytes(4).readUInt32LE();
  }

  uint64(): bigint {
    return this.bytes(8).readBigUInt64LE();
  }

  /** UTF-16 with its length in characters before it, one byte. */
  shortText(): string {
    return this.bytes(this.uint8() * 2).toString('utf16le');
  }

  rest(): Buffer {
    return this.bytes(this.#bytes.length - this.#offset);
  }
}

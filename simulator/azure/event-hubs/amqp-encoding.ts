/**
 * The few AMQP 1.0 encodings that an event is made of, and the walk over encoded values.
 *
 * Events are kept in the wire's own encoding, so that delivering one is a copy and nothing a
 * producer sent changes its type. Source: OASIS AMQP 1.0, part 1 (types), section 1.6.
 */

/** Section descriptors of OASIS AMQP 1.0, section 3.2. */
export const SECTION = {
  header: 0x70,
  deliveryAnnotations: 0x71,
  messageAnnotations: 0x72,
  properties: 0x73,
  applicationProperties: 0x74,
  data: 0x75,
  sequence: 0x76,
  value: 0x77,
  footer: 0x78,
} as const;

/** Bytes that are not AMQP 1.0, or not the part of it expected there. */
export class MalformedMessageError extends Error {
  override readonly name = 'MalformedMessageError';
  readonly code = 'MALFORMED_MESSAGE';
}

/** The encoded null. */
export const AMQP_NULL = Buffer.of(0x40);

/** Encodes a string. */
export function encodeString(text: string): Buffer {
  return variableWidth(Buffer.from(text, 'utf8'), 0xa1);
}

/** Encodes a symbol (ASCII). */
export function encodeSymbol(text: string): Buffer {
  return variableWidth(Buffer.from(text, 'ascii'), 0xa3);
}

/** Encodes binary data. */
export function encodeBinary(bytes: Buffer): Buffer {
  return variableWidth(bytes, 0xa0);
}

/** Encodes a whole number as a long. */
export function encodeLong(value: number): Buffer {
  return eightBytes(0x81, value);
}

/** Encodes an instant, epoch milliseconds. */
export function encodeTimestamp(epochMs: number): Buffer {
  return eightBytes(0x83, epochMs);
}

/** Encodes a number that is not whole. */
export function encodeDouble(value: number): Buffer {
  const encoded = Buffer.allocUnsafe(9);
  encoded[0] = 0x82;
  encoded.writeDoubleBE(value, 1);
  return encoded;
}

function eightBytes(constructor: number, value: number): Buffer {
  const encoded = Buffer.allocUnsafe(9);
  encoded[0] = constructor;
  encoded.writeInt32BE(Math.floor(value / 2 ** 32), 1);
  encoded.writeUInt32BE(value - Math.floor(value / 2 ** 32) * 2 ** 32, 5);
  return encoded;
}

/** `shortConstructor` has a length byte; the same constructor plus 0x10 has four. */
function variableWidth(bytes: Buffer, shortConstructor: number): Buffer {
  const head = bytes.length < 256 ? 2 : 5;
  const encoded = Buffer.allocUnsafe(head + bytes.length);
  encoded[0] = head === 2 ? shortConstructor : shortConstructor + 0x10;
  if (head === 2) encoded[1] = bytes.length;
  else encoded.writeUInt32BE(bytes.length, 1);
  bytes.copy(encoded, head);
  return encoded;
}

/** Start of a section that is a list of `count` encoded items of `bytes` bytes together. */
export function listSectionHead(descriptor: number, count: number, bytes: number): Buffer {
  return compoundHead(descriptor, { constructor: 0xd0, count, bytes });
}

/** Start of a section that is a map; `count` is keys plus values. */
export function mapSectionHead(descriptor: number, count: number, bytes: number): Buffer {
  return compoundHead(descriptor, { constructor: 0xd1, count, bytes });
}

function compoundHead(
  descriptor: number,
  compound: { constructor: number; count: number; bytes: number },
): Buffer {
  const head = Buffer.allocUnsafe(12);
  sectionDescriptor(descriptor).copy(head);
  head[3] = compound.constructor;
  head.writeUInt32BE(compound.bytes + 4, 4);
  head.writeUInt32BE(compound.count, 8);
  return head;
}

/** The three bytes that say which section follows. */
export function sectionDescriptor(descriptor: number): Buffer {
  return Buffer.of(0x00, 0x53, descriptor);
}

/** Constructor of a described value. */
const DESCRIBED = 0;

/** Bytes of the value itself (with its size field), by the upper half of its constructor. */
const FIXED_WIDTHS: Readonly<Record<number, number>> = { 4: 0, 5: 1, 6: 2, 7: 4, 8: 8, 9: 16 };

/**
 * Where the encoded value that starts at `offset` ends.
 *
 * @throws MalformedMessageError when it does not end inside `bytes`
 */
export function endOfValue(bytes: Buffer, offset: number): number {
  let start = offset;
  // A described value: a descriptor, which is not described itself, and the value.
  while (byteAt(bytes, start) === DESCRIBED) start = endOfPlainValue(bytes, start + 1);
  return endOfPlainValue(bytes, start);
}

function endOfPlainValue(bytes: Buffer, offset: number): number {
  const end = offset + 1 + widthOf(byteAt(bytes, offset), bytes, offset + 1);
  if (end > bytes.length) throw new MalformedMessageError(`a value at ${offset} is cut off`);
  return end;
}

function widthOf(constructor: number, bytes: Buffer, offset: number): number {
  const kind = constructor >> 4;
  const fixed = FIXED_WIDTHS[kind];
  if (fixed !== undefined) return fixed;
  if (kind === 0xa || kind === 0xc || kind === 0xe) return 1 + byteAt(bytes, offset);
  if (kind === 0xb || kind === 0xd || kind === 0xf) return 4 + uint32At(bytes, offset);
  throw new MalformedMessageError(`no type has the constructor 0x${constructor.toString(16)}`);
}

function byteAt(bytes: Buffer, offset: number): number {
  const byte = bytes[offset];
  if (byte === undefined) throw new MalformedMessageError(`it ends at ${offset}`);
  return byte;
}

function uint32At(bytes: Buffer, offset: number): number {
  if (offset + 4 > bytes.length) throw new MalformedMessageError(`it ends at ${offset}`);
  return bytes.readUInt32BE(offset);
}

/** One section of a message: its descriptor and where its parts are. */
export interface Section {
  readonly descriptor: number;
  /** Start of the section, of its value, and end of both. */
  readonly start: number;
  readonly valueStart: number;
  readonly end: number;
}

/**
 * The sections of an encoded message, in order.
 *
 * @throws MalformedMessageError when it is not a sequence of sections
 */
export function sectionsOf(message: Buffer): Section[] {
  const sections: Section[] = [];
  for (let start = 0; start < message.length;) {
    if (message[start] !== 0) throw new MalformedMessageError(`no section starts at ${start}`);
    const valueStart = endOfValue(message, start + 1);
    const end = endOfValue(message, valueStart);
    sections.push({ descriptor: numericDescriptor(message, start + 1), start, valueStart, end });
    start = end;
  }
  return sections;
}

/** Descriptors are ulongs: in one byte, in eight, or zero. */
function numericDescriptor(message: Buffer, offset: number): number {
  const constructor = byteAt(message, offset);
  if (constructor === 0x53) return byteAt(message, offset + 1);
  if (constructor === 0x80) return Number(message.readBigUInt64BE(offset + 1));
  throw new MalformedMessageError(`a section has no numeric descriptor at ${offset}`);
}

/** The bytes of the binary value at `offset`, without a copy. */
export function binaryAt(bytes: Buffer, offset: number): Buffer {
  const end = endOfValue(bytes, offset);
  const constructor = byteAt(bytes, offset);
  if (constructor === 0xa0) return bytes.subarray(offset + 2, end);
  if (constructor === 0xb0) return bytes.subarray(offset + 5, end);
  throw new MalformedMessageError(`no binary value at ${offset}`);
}

/** The text of the string or symbol at `offset`. */
export function textAt(bytes: Buffer, offset: number): string {
  const kind = byteAt(bytes, offset) >> 4;
  if (kind !== 0xa && kind !== 0xb) throw new MalformedMessageError(`no text at ${offset}`);
  return bytes.toString('utf8', offset + (kind === 0xa ? 2 : 5), endOfValue(bytes, offset));
}

/** One entry of an encoded map whose keys are symbols or strings. */
export interface MapEntry {
  readonly key: string;
  /** Key and value as they are encoded. */
  readonly encoded: Buffer;
  readonly value: Buffer;
}

/** The entries of the map at `offset`, without copies. */
export function mapEntriesAt(bytes: Buffer, offset: number): MapEntry[] {
  const constructor = byteAt(bytes, offset);
  if (constructor === 0xc1) {
    return entriesBetween(bytes, offset + 3, endOfValue(bytes, offset));
  }
  if (constructor === 0xd1) {
    return entriesBetween(bytes, offset + 9, endOfValue(bytes, offset));
  }
  throw new MalformedMessageError(`no map at ${offset}`);
}

/** Keys and values that follow each other from `start` to `end`. */
export function entriesBetween(bytes: Buffer, start: number, end: number): MapEntry[] {
  const entries: MapEntry[] = [];
  for (let offset = start; offset < end;) {
    const valueStart = endOfValue(bytes, offset);
    const entryEnd = endOfValue(bytes, valueStart);
    entries.push({
      key: textAt(bytes, offset),
      encoded: bytes.subarray(offset, entryEnd),
      value: bytes.subarray(valueStart, entryEnd),
    });
    offset = entryEnd;
  }
  return entries;
}

/**
 * Bytes of TDS: packet types, token types, and how texts are written.
 *
 * Source: [MS-TDS] 7.4, sections 2.2.3 (packets), 2.2.5 (grammar) and 2.2.7 (tokens).
 */

/** First byte of a packet. [MS-TDS] 2.2.3.1.1 */
export const PACKET = {
  batch: 0x01,
  rpc: 0x03,
  reply: 0x04,
  attention: 0x06,
  bulkLoad: 0x07,
  transaction: 0x0e,
  login: 0x10,
  preLogin: 0x12,
} as const;

/** Second byte of a packet. [MS-TDS] 2.2.3.1.2 */
export const STATUS = { lastPacket: 0x01, ignore: 0x02, resetConnection: 0x08 } as const;

/** [MS-TDS] 2.2.4 */
export const TOKEN = {
  returnStatus: 0x79,
  columns: 0x81,
  error: 0xaa,
  info: 0xab,
  returnValue: 0xac,
  loginAcknowledgement: 0xad,
  row: 0xd1,
  environment: 0xe3,
  done: 0xfd,
  doneProcedure: 0xfe,
  doneInProcedure: 0xff,
} as const;

/** Bits of a DONE token. [MS-TDS] 2.2.7.6 */
export const DONE = { more: 0x01, error: 0x02, count: 0x10, attention: 0x20 } as const;

/** Bytes before a packet's content. */
export const HEADER_BYTES = 8;

/** SQL_Latin1_General_CP1_CI_AS. */
export const COLLATION = Buffer.from([0x09, 0x04, 0xd0, 0x00, 0x34]);

/** A text in UTF-16 with its length in characters before it, one byte. */
export function shortText(text: string): Buffer {
  const cut = text.slice(0, 255);
  return Buffer.concat([Buffer.from([cut.length]), Buffer.from(cut, 'utf16le')]);
}

/** The same with a length of two bytes. */
export function longText(text: string): Buffer {
  const cut = text.slice(0, 8_000);
  return Buffer.concat([uint16(cut.length), Buffer.from(cut, 'utf16le')]);
}

export function uint16(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16LE(value);
  return bytes;
}

export function uint32(value: number): Buffer {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32LE(value);
  return bytes;
}

/** Cuts content into packets of at most `packetBytes`. */
export function packets(
  type: number,
  content: Buffer,
  packetBytes: number,
  isLast: boolean,
): Buffer {
  const room = packetBytes - HEADER_BYTES;
  const parts: Buffer[] = [];
  for (let offset = 0; offset < content.length || offset === 0; offset += room) {
    const piece = content.subarray(offset, offset + room);
    const header = Buffer.alloc(HEADER_BYTES);
    const ends = isLast && offset + room >= content.length;
    header.writeUInt8(type, 0);
    header.writeUInt8(ends ? STATUS.lastPacket : 0, 1);
    header.writeUInt16BE(piece.length + HEADER_BYTES, 2);
    parts.push(header, piece);
  }
  return Buffer.concat(parts);
}

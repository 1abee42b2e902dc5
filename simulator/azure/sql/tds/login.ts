/** The first two messages of a client. Source: [MS-TDS] 2.2.6.4 and 2.2.6.5. */
import { ByteReader, ProtocolError } from './byte-reader.ts';

/** Who wants in. */
export interface Login {
  readonly user: string;
  readonly password: string;
  readonly database: string;
  /** Bytes of a packet that the client wants. */
  readonly packetBytes: number;
  /** An access token instead of a password. */
  readonly usesEntra: boolean;
}

const OPTION = { version: 0, encryption: 1, instance: 2, thread: 3, mars: 4, end: 0xff } as const;
/** Azure SQL demands encryption of everything. */
const ENCRYPTION_REQUIRED = 3;
const ENCRYPTION_ON = 1;
const FEDERATED_AUTHENTICATION = 0x02;
const FEATURE_END = 0xff;
const SMALLEST_PACKET = 512;
const LARGEST_PACKET = 32_767;

/** Whether the client can encrypt; it says so in its PRELOGIN. */
export function canEncrypt(preLogin: Buffer): boolean {
  for (let at = 0; at + 5 <= preLogin.length && preLogin[at] !== OPTION.end; at += 5) {
    if (preLogin[at] !== OPTION.encryption) continue;
    const value = preLogin[preLogin.readUInt16BE(at + 1)];
    return value === 0 || value === ENCRYPTION_ON || value === ENCRYPTION_REQUIRED;
  }
  return false;
}

/** The server's PRELOGIN: version 12, as Azure SQL says, and encryption on. */
export function preLoginReply(encrypts: boolean): Buffer {
  const options: readonly (readonly [number, Buffer])[] = [
    [OPTION.version, Buffer.from([12, 0, 0x07, 0xd0, 0, 0])],
    [OPTION.encryption, Buffer.from([encrypts ? ENCRYPTION_ON : ENCRYPTION_REQUIRED])],
    [OPTION.instance, Buffer.from([0])],
    [OPTION.thread, Buffer.alloc(0)],
    [OPTION.mars, Buffer.from([0])],
  ];
  let offset = options.length * 5 + 1;
  const heads = options.map(([option, value]) => {
    const head = Buffer.alloc(5);
    head.writeUInt8(option);
    head.writeUInt16BE(offset, 1);
    head.writeUInt16BE(value.length, 3);
    offset += value.length;
    return head;
  });
  return Buffer.concat([...heads, Buffer.from([OPTION.end]), ...options.map(([, value]) => value)]);
}

/** @throws ProtocolError when it is none */
export function readLogin(message: Buffer): Login {
  const field = (at: number): Buffer => {
    const place = new ByteReader(message.subarray(at));
    const offset = place.uint16();
    return new ByteReader(message.subarray(offset)).bytes(place.uint16() * 2);
  };
  if (message.length < 94) throw new ProtocolError('a LOGIN7 is too short');
  const wanted = message.readUInt32LE(8);
  return {
    user: field(40).toString('utf16le'),
    password: clear(field(44)).toString('utf16le'),
    database: field(68).toString('utf16le'),
    packetBytes: Math.min(Math.max(wanted, SMALLEST_PACKET), LARGEST_PACKET),
    usesEntra: hasFeature(message, FEDERATED_AUTHENTICATION),
  };
}

/** Passwords travel with each byte's halves swapped and XORed. */
function clear(scrambled: Buffer): Buffer {
  return Buffer.from(
    scrambled.map((byte) => {
      const swapped = byte ^ 0xa5;
      return ((swapped & 0x0f) << 4) | (swapped >> 4);
    }),
  );
}

function hasFeature(message: Buffer, wanted: number): boolean {
  const EXTENSION_USED = 0x10;
  if (((message[27] ?? 0) & EXTENSION_USED) === 0) return false;
  const pointer = message.readUInt16LE(56);
  const features = new ByteReader(message.subarray(message.readUInt32LE(pointer)));
  for (let id = features.uint8(); id !== FEATURE_END; id = features.uint8()) {
    if (id === wanted) return true;
    features.bytes(features.uint32());
  }
  return false;
}

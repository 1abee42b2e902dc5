/**
 * The public half of a TPM's endorsement or storage root key.
 *
 * Source: Trusted Platform Module Library, part 2, sections 12.2.4 (TPMT_PUBLIC) and 12.2.3.5
 * (TPMS_RSA_PARMS); the numbers are those of TPM_ALG_ID.
 */
import { constants, createHash, createPublicKey, publicEncrypt, type KeyObject } from 'node:crypto';

/** A restricted decryption key: others can be protected by it. */
export interface StorageKey {
  readonly publicKey: KeyObject;
  /** By which the TPM knows the key: algorithm and digest of its public area. */
  readonly name: Buffer;
}

/** Bytes that are not the public area of a key that this service can use. */
export class UnusableTpmKeyError extends Error {
  override readonly name = 'UnusableTpmKeyError';
  readonly code = 'UNUSABLE_TPM_KEY';
}

const ALG_RSA = 0x0001;
const ALG_AES = 0x0006;
const ALG_SHA256 = 0x000b;
const ALG_NULL = 0x0010;
const ALG_CFB = 0x0043;
const AES_BITS = 128;
/** What an exponent of zero stands for. */
const DEFAULT_EXPONENT = 65_537;

/**
 * Reads a TPM2B_PUBLIC: RSA, names by SHA-256, AES-128-CFB for what it protects.
 *
 * @throws UnusableTpmKeyError
 */
export function readStorageKey(bytes: Buffer): StorageKey {
  try {
    return read(bytes);
  } catch (error) {
    if (error instanceof UnusableTpmKeyError) throw error;
    throw new UnusableTpmKeyError('the key is cut short or malformed', { cause: error });
  }
}

function read(bytes: Buffer): StorageKey {
  const area = bytes.subarray(2);
  if (bytes.readUInt16BE(0) !== area.length) throw new UnusableTpmKeyError('the size is wrong');
  let at = 0;
  const u16 = () => area.readUInt16BE((at += 2) - 2);
  const u32 = () => area.readUInt32BE((at += 4) - 4);
  const readSized = () => {
    const length = u16();
    if (at + length > area.length) throw new UnusableTpmKeyError('the key is cut short');
    return area.subarray(at, (at += length));
  };
  requireValue('type', u16(), ALG_RSA);
  requireValue('name algorithm', u16(), ALG_SHA256);
  u32(); // attributes: what the key may do is for its TPM to watch over
  readSized(); // policy
  requireValue('symmetric algorithm', u16(), ALG_AES);
  requireValue('symmetric key size', u16(), AES_BITS);
  requireValue('symmetric mode', u16(), ALG_CFB);
  requireValue('scheme', u16(), ALG_NULL);
  u16(); // key size: that of the modulus
  const exponent = u32() || DEFAULT_EXPONENT;
  const modulus = readSized();
  if (at !== area.length) throw new UnusableTpmKeyError('something follows the key');
  const name = Buffer.concat([u16Of(ALG_SHA256), createHash('sha256').update(area).digest()]);
  return { publicKey: rsaKey(modulus, exponent), name };
}

function requireValue(what: string, found: number, wanted: number): void {
  if (found === wanted) return;
  const hex = (value: number) => `0x${value.toString(16)}`;
  throw new UnusableTpmKeyError(`${what} is ${hex(found)}, not ${hex(wanted)}`);
}

function rsaKey(modulus: Buffer, exponent: number): KeyObject {
  const e = Buffer.alloc(4);
  e.writeUInt32BE(exponent);
  const jwk = { kty: 'RSA', n: modulus.toString('base64url'), e: e.toString('base64url') };
  return createPublicKey({ key: jwk, format: 'jwk' });
}

/**
 * Encrypts a seed for the TPM alone.
 *
 * Source: part 1, annex B.10.3: OAEP with SHA-256, the label ended by a zero byte.
 */
export function encryptSeed(
  key: StorageKey,
  label: 'IDENTITY' | 'DUPLICATE',
  seed: Buffer,
): Buffer {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const oaepLabel = Buffer.from(`${label}\0`);
  return publicEncrypt({ key: key.publicKey, padding, oaepHash: 'sha256', oaepLabel }, seed);
}

/** A TPM2B: two bytes of length, then the bytes. */
export function sized(...parts: readonly Buffer[]): Buffer {
  const bytes = Buffer.concat(parts);
  return Buffer.concat([u16Of(bytes.length), bytes]);
}

/** Sixteen bits, most significant first. */
export function u16Of(value: number): Buffer {
  const bytes = Buffer.alloc(2);
  bytes.writeUInt16BE(value);
  return bytes;
}

/**
 * A TPM whose keys are known: it unwraps what Device Provisioning sends with nothing but RSA, AES and
 * HMAC, and knows nothing of the code that wraps.
 *
 * Source: Trusted Platform Module Library, part 1, sections 11.4.10 (KDFa), 23 (duplication) and 24
 * (credential protection); part 2, section 12 (object structures).
 */
import assert from 'node:assert/strict';
import {
  constants,
  createDecipheriv,
  createHash,
  createHmac,
  createPrivateKey,
  createPublicKey,
  generateKeyPairSync,
  privateDecrypt,
  type KeyObject,
} from 'node:crypto';

/** Policy of endorsement keys: TPM2_PolicySecret for the endorsement hierarchy. */
const ENDORSEMENT_POLICY = Buffer.from(
  '837197674484b3f81a90cc8d46a5d724fd52d76e06520b64f2a1da1b331469aa',
  'hex',
);

let sharedKeys: ReturnType<typeof newKeys> | undefined;

type Callback<T> = (error: Error | null, result?: T) => void;

/** Takes the place of azure-iot-security-tpm's client. */
export class KnownTpm {
  readonly #registrationId: string;
  readonly #endorsement: KeyObject;
  readonly #storageRoot: KeyObject;
  /** The key that was activated last, in whose name the TPM signs. */
  identityKey: Buffer | undefined;

  /** Keys take a second to make: those of all TPMs that need not differ are made once. */
  constructor(registrationId: string, keys = (sharedKeys ??= newKeys())) {
    this.#registrationId = registrationId;
    this.#endorsement = createPrivateKey(keys.endorsementKeyPem);
    this.#storageRoot = createPrivateKey(keys.storageRootKeyPem);
  }

  /** TPM2B_PUBLIC. */
  get endorsementKey(): Buffer {
    return publicArea(this.#endorsement, Buffer.from('000300b2', 'hex'), ENDORSEMENT_POLICY);
  }

  /** TPM2B_PUBLIC. */
  get storageRootKey(): Buffer {
    return publicArea(this.#storageRoot, Buffer.from('00030472', 'hex'), Buffer.alloc(0));
  }

  getRegistrationId(callback: Callback<string>): void {
    callback(null, this.#registrationId);
  }

  getEndorsementKey(callback: Callback<Buffer>): void {
    callback(null, this.endorsementKey);
  }

  getStorageRootKey(callback: Callback<Buffer>): void {
    callback(null, this.storageRootKey);
  }

  activateIdentityKey(blob: Buffer, callback: Callback<void>): void {
    try {
      this.identityKey = this.unwrap(blob);
      callback(null);
    } catch (error) {
      callback(error as Error);
    }
  }

  signWithIdentity(text: Buffer, callback: Callback<Buffer>): void {
    assert.ok(this.identityKey !== undefined);
    callback(null, createHmac('sha256', this.identityKey).update(text).digest());
  }

  /** The key in a blob. @throws AssertionError when anything of it is not as the TPM wants it */
  unwrap(blob: Buffer): Buffer {
    const parts = new Reader(blob);
    const idObject = parts.sized();
    const credentialSeed = open(this.#endorsement, 'IDENTITY', parts.sized());
    const storageRootName = nameOf(this.storageRootKey.subarray(2));
    const innerKey = new Reader(unprotect(credentialSeed, storageRootName, idObject)).sized();

    const duplicate = parts.sized();
    const duplicateSeed = open(this.#storageRoot, 'DUPLICATE', parts.sized());
    const keyPublic = parts.sized();
    parts.sized();
    parts.end();
    const inner = new Reader(cfb(innerKey, unprotect(duplicateSeed, nameOf(keyPublic), duplicate)));
    const integrity = inner.sized();
    const sensitive = inner.rest();
    assert.deepEqual(integrity, sha256(sensitive, nameOf(keyPublic)));
    return this.#signingKey(sensitive, keyPublic);
  }

  #signingKey(sensitive: Buffer, keyPublic: Buffer): Buffer {
    const area = new Reader(new Reader(sensitive).sized());
    assert.equal(area.u16(), 0x0008);
    assert.equal(area.sized().length, 0);
    const obfuscation = area.sized();
    const key = area.sized();
    area.end();
    const expected = Buffer.concat([
      Buffer.from('0008000b00040440000000' + '05000b0020', 'hex'),
      sha256(obfuscation, key),
    ]);
    assert.deepEqual(keyPublic, expected);
    return key;
  }
}

/** Two RSA keys, PEM. */
export function newKeys() {
  const pem = () =>
    generateKeyPairSync('rsa', { modulusLength: 2048 }).privateKey.export({
      type: 'pkcs8',
      format: 'pem',
    });
  return { endorsementKeyPem: pem(), storageRootKeyPem: pem() };
}

class Reader {
  #rest: Buffer;

  constructor(bytes: Buffer) {
    this.#rest = bytes;
  }

  u16(): number {
    const value = this.#rest.readUInt16BE(0);
    this.#rest = this.#rest.subarray(2);
    return value;
  }

  sized(): Buffer {
    const length = this.u16();
    assert.ok(length <= this.#rest.length, 'cut short');
    const bytes = this.#rest.subarray(0, length);
    this.#rest = this.#rest.subarray(length);
    return bytes;
  }

  rest(): Buffer {
    return this.#rest;
  }

  end(): void {
    assert.equal(this.#rest.length, 0, 'something follows');
  }
}

function publicArea(key: KeyObject, attributes: Buffer, policy: Buffer): Buffer {
  const { n = '' } = createPublicKey(key).export({ format: 'jwk' });
  const modulus = Buffer.from(n, 'base64url');
  const area = Buffer.concat([
    Buffer.from('0001000b', 'hex'),
    attributes,
    withLength(policy),
    Buffer.from('000600800043' + '0010' + '0800' + '00000000', 'hex'),
    withLength(modulus),
  ]);
  return withLength(area);
}

function withLength(bytes: Buffer): Buffer {
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  return Buffer.concat([length, bytes]);
}

function nameOf(area: Buffer): Buffer {
  return Buffer.concat([Buffer.from('000b', 'hex'), sha256(area)]);
}

function sha256(...parts: readonly Buffer[]): Buffer {
  return createHash('sha256').update(Buffer.concat(parts)).digest();
}

function open(key: KeyObject, label: string, secret: Buffer): Buffer {
  const padding = constants.RSA_PKCS1_OAEP_PADDING;
  const oaepLabel = Buffer.from(`${label}\0`);
  return privateDecrypt({ key, padding, oaepHash: 'sha256', oaepLabel }, secret);
}

function unprotect(seed: Buffer, name: Buffer, wrapped: Buffer): Buffer {
  const reader = new Reader(wrapped);
  const hmac = reader.sized();
  const encrypted = reader.rest();
  const hmacKey = derive(seed, 'INTEGRITY', Buffer.alloc(0), 256);
  const expected = createHmac('sha256', hmacKey).update(encrypted).update(name).digest();
  assert.deepEqual(hmac, expected, 'the integrity value is wrong');
  return cfb(derive(seed, 'STORAGE', name, 128), encrypted);
}

function derive(seed: Buffer, label: string, context: Buffer, bits: number): Buffer {
  const text = Buffer.concat([
    Buffer.from('00000001', 'hex'),
    Buffer.from(`${label}\0`),
    context,
    Buffer.from(bits.toString(16).padStart(8, '0'), 'hex'),
  ]);
  return createHmac('sha256', seed)
    .update(text)
    .digest()
    .subarray(0, bits / 8);
}

function cfb(key: Buffer, text: Buffer): Buffer {
  return createDecipheriv('aes-128-cfb', key, Buffer.alloc(16)).update(text);
}

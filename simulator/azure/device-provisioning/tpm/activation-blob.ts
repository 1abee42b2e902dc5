/**
 * A symmetric key, wrapped so that only one TPM can take it in: what Device Provisioning sends as
 * `authenticationKey`, and what `activateIdentityKey` of the SDK expects.
 *
 * The key travels as an object to be imported below the storage root key, and is protected twice:
 * by a seed for the storage root key, and by an inner key that only the endorsement key gives out.
 *
 * Source: Trusted Platform Module Library, part 1, sections 23.3 (duplication) and 24 (credential
 * protection); order and sizes of the parts as azure-iot-security-tpm reads them (`tpm.js`).
 */
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { encryptCfb, kdfa } from './kdf.ts';
import { encryptSeed, sized, u16Of, type StorageKey } from './storage-key.ts';

const SEED_BYTES = 32;
const INNER_KEY_BYTES = 16;
const KEYED_HASH = 0x0008;
const ALG_SHA256 = 0x000b;
const ALG_HMAC = 0x0005;
/** sign, noDA, userWithAuth. */
const SIGNING_KEY_ATTRIBUTES = Buffer.from([0x00, 0x04, 0x04, 0x40]);
/** The SDK reads this part and does nothing with it. */
const URI_DATA_BYTES = 108;

/** The two keys that a TPM shows when it registers. */
export interface TpmKeys {
  readonly endorsementKey: StorageKey;
  readonly storageRootKey: StorageKey;
}

/** Wraps `key`, with which the TPM will sign (HMAC-SHA256). */
export function activationBlob({ endorsementKey, storageRootKey }: TpmKeys, key: Buffer): Buffer {
  const innerKey = randomBytes(INNER_KEY_BYTES);
  const object = signingKey(key);
  return Buffer.concat([
    ...credential(endorsementKey, storageRootKey.name, innerKey),
    ...duplicate(storageRootKey, object, innerKey),
    sized(object.publicArea),
    sized(randomBytes(URI_DATA_BYTES)),
  ]);
}

interface KeyObjectAreas {
  readonly publicArea: Buffer;
  /** TPM2B_SENSITIVE. */
  readonly sensitive: Buffer;
}

/** A keyed-hash object; its public area commits to the key by a digest. */
function signingKey(key: Buffer): KeyObjectAreas {
  const obfuscation = randomBytes(SEED_BYTES);
  const unique = createHash('sha256').update(obfuscation).update(key).digest();
  return {
    publicArea: Buffer.concat([
      u16Of(KEYED_HASH),
      u16Of(ALG_SHA256),
      SIGNING_KEY_ATTRIBUTES,
      sized(), // no policy
      u16Of(ALG_HMAC),
      u16Of(ALG_SHA256),
      sized(unique),
    ]),
    sensitive: sized(u16Of(KEYED_HASH), sized(), sized(obfuscation), sized(key)),
  };
}

/** TPM2B_ID_OBJECT and TPM2B_ENCRYPTED_SECRET, as TPM2_MakeCredential gives them. */
function credential(endorsementKey: StorageKey, name: Buffer, secret: Buffer): [Buffer, Buffer] {
  const seed = randomBytes(SEED_BYTES);
  const wrapped = outerWrap(seed, name, sized(secret));
  return [sized(wrapped), sized(encryptSeed(endorsementKey, 'IDENTITY', seed))];
}

/** TPM2B_PRIVATE and TPM2B_ENCRYPTED_SECRET, as TPM2_Duplicate gives them. */
function duplicate(
  parent: StorageKey,
  { publicArea, sensitive }: KeyObjectAreas,
  innerKey: Buffer,
): [Buffer, Buffer] {
  const digest = createHash('sha256').update(publicArea).digest();
  const name = Buffer.concat([u16Of(ALG_SHA256), digest]);
  const integrity = createHash('sha256').update(sensitive).update(name).digest();
  const inner = encryptCfb(innerKey, Buffer.concat([sized(integrity), sensitive]));
  const seed = randomBytes(SEED_BYTES);
  return [sized(outerWrap(seed, name, inner)), sized(encryptSeed(parent, 'DUPLICATE', seed))];
}

/** Encrypted and authenticated with keys from the seed, and bound to the name of an object. */
function outerWrap(seed: Buffer, name: Buffer, text: Buffer): Buffer {
  const encrypted = encryptCfb(kdfa(seed, 'STORAGE', name, 128), text);
  const hmacKey = kdfa(seed, 'INTEGRITY', Buffer.alloc(0), 256);
  const hmac = createHmac('sha256', hmacKey).update(encrypted).update(name).digest();
  return Buffer.concat([sized(hmac), encrypted]);
}

/** Keys from keys, as a TPM makes them. */
import { createCipheriv, createHmac } from 'node:crypto';

/** What a derived key is for; each use has a label of its own. */
export type KdfLabel = 'STORAGE' | 'INTEGRITY';

/**
 * KDFa with SHA-256: `bits` from a key, a label and the name of an object.
 *
 * Source: Trusted Platform Module Library, part 1, section 11.4.10.2 (NIST SP 800-108, counter mode).
 */
export function kdfa(key: Buffer, label: KdfLabel, context: Buffer, bits: 128 | 256): Buffer {
  const counter = Buffer.from([0, 0, 0, 1]);
  const length = Buffer.alloc(4);
  length.writeUInt32BE(bits);
  const digest = createHmac('sha256', key)
    .update(Buffer.concat([counter, Buffer.from(`${label}\0`), context, length]))
    .digest();
  // One round gives 256 bits, which is the most that is asked for.
  return digest.subarray(0, bits / 8);
}

/** AES-128 in CFB mode from a zero start value, which is how a TPM protects what leaves it. */
export function encryptCfb(key: Buffer, text: Buffer): Buffer {
  const cipher = createCipheriv('aes-128-cfb', key, Buffer.alloc(16));
  return Buffer.concat([cipher.update(text), cipher.final()]);
}

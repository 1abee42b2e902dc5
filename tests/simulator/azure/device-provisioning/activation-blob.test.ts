import assert from 'node:assert/strict';
import { randomBytes } from 'node:crypto';
import { readFileSync } from 'node:fs';
import fc from 'fast-check';
import { z } from 'zod';
import { activationBlob } from '../../../../simulator/azure/device-provisioning/tpm/activation-blob.ts';
import {
  readStorageKey,
  UnusableTpmKeyError,
} from '../../../../simulator/azure/device-provisioning/tpm/storage-key.ts';
import { KnownTpm, newKeys } from '../../../support/known-tpm.ts';

const Recorded = z.object({
  endorsementKeyPem: z.string(),
  storageRootKeyPem: z.string(),
  key: z.base64(),
  blob: z.base64(),
});

describe('the blob that wraps a key for a TPM', function () {
  this.timeout(10_000);
  const recordedFile = new URL('support/activation-blob.json', import.meta.url);
  const recorded = Recorded.parse(JSON.parse(readFileSync(recordedFile, 'utf8')));
  const tpm = new KnownTpm('any', recorded);
  const keys = {
    endorsementKey: readStorageKey(tpm.endorsementKey),
    storageRootKey: readStorageKey(tpm.storageRootKey),
  };

  it('has the parts of a genuine one of the service: 54, 258, 144, 258, 50 and 110 bytes', () => {
    const blob = activationBlob(keys, randomBytes(32));
    const sizes: number[] = [];
    for (let at = 0; at < blob.length; at += sizes.at(-1) ?? 0) {
      sizes.push(blob.readUInt16BE(at) + 2);
    }
    assert.deepEqual(sizes, [54, 258, 144, 258, 50, 110]);
  });

  it('gives the TPM the key, for any key', () => {
    fc.assert(
      fc.property(fc.uint8Array({ minLength: 1, maxLength: 64 }), (bytes) => {
        const key = Buffer.from(bytes);
        assert.deepEqual(tpm.unwrap(activationBlob(keys, key)), key);
      }),
      { numRuns: 20 },
    );
  });

  it('is opened as a recorded one is, and never twice the same', () => {
    const key = Buffer.from(recorded.key, 'base64');
    assert.deepEqual(tpm.unwrap(Buffer.from(recorded.blob, 'base64')), key);
    assert.notDeepEqual(activationBlob(keys, key), activationBlob(keys, key));
  });

  it('is of no use to another TPM, nor when a byte of it was changed', () => {
    const blob = activationBlob(keys, randomBytes(32));
    assert.throws(() => new KnownTpm('other', newKeys()).unwrap(blob));
    // What stands after the public part is not used: 874 less 110.
    for (const at of [2, 40, 100, 330, 400, 600, 740, 763]) {
      const changed = Buffer.from(blob);
      changed.writeUInt8(changed.readUInt8(at) ^ 1, at);
      assert.throws(() => tpm.unwrap(changed), `byte ${at}`);
    }
  });

  it('reads no keys but storage keys of RSA with AES-128', () => {
    const good = tpm.storageRootKey;
    fc.assert(
      fc.property(fc.nat(good.length - 1), (length) => {
        assert.throws(() => readStorageKey(good.subarray(0, length)), UnusableTpmKeyError);
      }),
      { numRuns: 50 },
    );
    const elliptic = Buffer.from(good);
    elliptic.writeUInt16BE(0x0023, 2);
    assert.throws(() => readStorageKey(elliptic), /type is 0x23, not 0x1/);
    assert.throws(() => readStorageKey(Buffer.concat([good, Buffer.from([0])])), /size is wrong/);
  });
});

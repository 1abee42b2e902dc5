import assert from 'node:assert/strict';
import { createHash, createHmac, randomBytes } from 'node:crypto';
import { createServer, type AddressInfo } from 'node:net';
import tpmSdk from 'azure-iot-security-tpm';
import { Tpm, TpmTcpDevice } from 'tss.js';
import { activationBlob } from '../../../simulator/azure/device-provisioning/tpm/activation-blob.ts';
import { readStorageKey } from '../../../simulator/azure/device-provisioning/tpm/storage-key.ts';
import { responseFrame } from '../../../simulator/tpm/resource-manager-protocol.ts';
import { connectTcpTpm } from '../../../simulator/tpm/tcp-tpm.ts';
import { withTpm, type TpmSecurity } from '../../../simulator/tpm/tpm-security.ts';
import { describeWithSwtpm, startTestTpm, type TestTpm } from '../../support/software-tpm.ts';
import { testSettings } from '../../support/settings.ts';

const { TpmSecurityClient } = tpmSdk;

describe('a TPM that is not there', () => {
  it('is named with its remedy, and ends nothing', async () => {
    const { settings, cleanup } = await testSettings();
    after(cleanup);
    const { tpm: port } = settings.ports;
    await assert.rejects(
      withTpm(
        () => connectTcpTpm(port),
        (tpm) => tpm.registrationId(),
      ),
      (error: Error & { code?: string }) => {
        assert.equal(error.code, 'TPM_ABSENT');
        assert.match(error.message, /swtpm.*npm start -- --tpm/);
        return true;
      },
    );
  });

  it('fails the work when it goes away or talks nonsense', async () => {
    const answers = [
      (end: (bytes?: Buffer) => void) => end(),
      (end: (bytes?: Buffer) => void) => end(Buffer.from('ffffffff', 'hex')),
      (end: (bytes?: Buffer) => void) => end(responseFrame(Buffer.alloc(3))),
    ];
    for (const answer of answers) {
      const server = createServer((socket) => {
        socket.on('error', () => undefined);
        socket.once('data', () =>
          answer((bytes) => (bytes ? socket.end(bytes) : socket.destroy())),
        );
      });
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
      const { port } = server.address() as AddressInfo;
      await assert.rejects(
        withTpm(
          () => connectTcpTpm(port),
          (tpm) => tpm.registrationId(),
        ),
        { name: 'TpmError' },
      );
      server.close();
    }
  });
});

describeWithSwtpm('a software TPM', function () {
  this.timeout(20_000);
  let tpm: TestTpm;

  before(async () => {
    tpm = await startTestTpm();
  });
  after(() => tpm.stop());

  const open = () => connectTcpTpm(tpm.port);
  const keyOf = (text: Buffer) => readStorageKey(text);

  async function activate(security: TpmSecurity, key: Buffer, change?: (blob: Buffer) => void) {
    const endorsementKey = keyOf(await security.endorsementKey());
    const storageRootKey = await security.attempt(
      new Promise<Buffer>((resolve) => {
        security.client.getStorageRootKey((_error, found) => resolve(found ?? Buffer.alloc(0)));
      }),
    );
    const blob = activationBlob({ endorsementKey, storageRootKey: keyOf(storageRootKey) }, key);
    change?.(blob);
    await security.attempt(
      new Promise<void>((resolve, reject) => {
        security.client.activateIdentityKey(blob, (error) => (error ? reject(error) : resolve()));
      }),
    );
  }

  it('shows the same keys after a restart, and a registration id that is made of them', async () => {
    const first = await withTpm(open, (security) => security.endorsementKey());
    await tpm.restart();

    const [again, id] = await withTpm(
      open,
      async (security) =>
        [await security.endorsementKey(), await security.registrationId()] as const,
    );

    assert.equal(again.length, 316);
    assert.deepEqual(again, first);
    assert.match(id, /^[a-z2-7]{52}$/);
    assert.notEqual(id, createHash('sha256').update(again).digest('hex'));
  });

  it('takes in a key that Device Provisioning wrapped, and signs with it after a restart', async () => {
    const key = randomBytes(32);
    await withTpm(open, (security) => activate(security, key));
    await tpm.restart();

    for (const text of [Buffer.from('short'), randomBytes(5_000)]) {
      const signature = await withTpm(open, (security) => security.sign(text));
      assert.deepEqual(signature, createHmac('sha256', key).update(text).digest());
    }
  });

  it('refuses a blob that was changed, with a reason, and works on', async () => {
    for (const at of [60, 330]) {
      const attempt = withTpm(open, (security) =>
        activate(security, randomBytes(32), (blob) => {
          blob.writeUInt8(blob.readUInt8(at) ^ 1, at);
        }),
      );
      await assert.rejects(attempt, { name: 'TpmError', code: 'TPM_REFUSES' });
    }
    // More sessions than a TPM has, had they not been given back.
    for (let count = 0; count < 5; count += 1) {
      await withTpm(open, (security) => activate(security, randomBytes(32)));
    }
  });

  it('serves several clients at once', async () => {
    const key = randomBytes(32);
    await withTpm(open, (security) => activate(security, key));
    const texts = Array.from({ length: 6 }, (_, index) => Buffer.from(`text ${index}`));

    const signatures = await Promise.all(
      texts.map((text) => withTpm(open, (security) => security.sign(text))),
    );

    const expected = texts.map((text) => createHmac('sha256', key).update(text).digest());
    assert.deepEqual(signatures, expected);
  });

  it("serves Microsoft's TPM library over its own connection to a resource manager", async () => {
    const library = new Tpm(false);
    const device = new TpmTcpDevice('127.0.0.1', tpm.port, true);
    Object.assign(library, { device });
    const client = new TpmSecurityClient('any', library);

    const found = await new Promise<Buffer | undefined>((resolve, reject) => {
      client.getEndorsementKey((error, key) => (error ? reject(error) : resolve(key)));
    });

    assert.deepEqual(found, await withTpm(open, (security) => security.endorsementKey()));
    library.close();
  });
});

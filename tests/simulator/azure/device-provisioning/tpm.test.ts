import assert from 'node:assert/strict';
import { once } from 'node:events';
import rhea, { type ConnectionOptions } from 'rhea';
import { TestAzure } from '../../../support/azure.ts';
import { KnownTpm, newKeys } from '../../../support/known-tpm.ts';
import { AmqpProcess } from './support/amqp-process.ts';
import { serviceClient } from './support/service-client.ts';
import { registerOverHttps, registerOverMqtt, type SecurityClient } from './support/transports.ts';

describe('Device Provisioning and a TPM with known keys', function () {
  this.timeout(20_000);
  let azure: TestAzure;
  let amqp: AmqpProcess;

  before(async () => {
    azure = await TestAzure.start();
    amqp = await AmqpProcess.start(azure);
  });
  after(async () => {
    await amqp.stop();
    await azure.stop();
  });
  afterEach(() => azure.closeClients());

  async function enroll(tpm: KnownTpm, registrationId: string, deviceId = registrationId) {
    await serviceClient(azure).createOrUpdateIndividualEnrollment({
      registrationId,
      deviceId,
      attestation: { type: 'tpm', tpm: { endorsementKey: tpm.endorsementKey.toString('base64') } },
    } as never);
  }

  const asSecurity = (tpm: KnownTpm) => tpm as unknown as SecurityClient;

  it('gives the TPM its key for the hub over HTTPS', async () => {
    const tpm = new KnownTpm('tpm-1');
    await enroll(tpm, 'tpm-1', 'Meter-With-Tpm');

    const result = await registerOverHttps(azure, asSecurity(tpm));

    assert.equal(result['registrationState'].deviceId, 'Meter-With-Tpm');
    const key = tpm.identityKey?.toString('base64') ?? '';
    const { responseBody } = await azure.registry().get('Meter-With-Tpm');
    assert.equal(responseBody.authentication?.symmetricKey?.primaryKey, key);
    await (await azure.deviceClient('Meter-With-Tpm', key)).open();
  });

  it('gives the TPM its key for the hub over AMQP, and the same one again', async () => {
    const keys = newKeys();
    await enroll(new KnownTpm('tpm-2', keys), 'tpm-2');

    const first = await amqp.register({ registrationId: 'tpm-2', tpm: keys });

    const { identityKey = '' } = first;
    await (await azure.deviceClient('tpm-2', identityKey)).open();
    const again = await amqp.register({ registrationId: 'tpm-2', tpm: keys });
    assert.equal(again.identityKey, identityKey);
  });

  it('refuses a TPM that is not the enrolled one', async () => {
    await enroll(new KnownTpm('tpm-3'), 'tpm-3');
    const keys = newKeys();

    await assert.rejects(registerOverHttps(azure, asSecurity(new KnownTpm('tpm-3', keys))), {
      name: 'FormatError',
    });
    assert.equal(await loginOverAmqp('tpm-3', new KnownTpm('tpm-3', keys)), 'refused');
  });

  /** With rhea alone: of a refusal the SDK tells nobody, its callback never comes. */
  async function loginOverAmqp(registrationId: string, tpm: KnownTpm): Promise<string> {
    const { ports, idScope } = azure.settings;
    const zero = Buffer.from([0]);
    const initial = Buffer.concat([
      ...[idScope, registrationId].flatMap((text) => [zero, Buffer.from(text)]),
      zero,
      tpm.endorsementKey,
    ]);
    const mechanism = {
      start: (answer: (error: undefined, bytes: Buffer) => void) => answer(undefined, initial),
      step: (_challenge: Buffer, answer: (error: undefined, bytes: Buffer) => void) =>
        answer(undefined, Buffer.concat([zero, tpm.storageRootKey])),
    };
    const connection = rhea.create_container().connect({
      transport: 'tls',
      host: 'localhost',
      port: ports.deviceProvisioningAmqp,
      ca: azure.certificates.caPem,
      reconnect: false,
      sasl_mechanisms: { TPM: mechanism },
    } as ConnectionOptions);
    const outcome = await Promise.race([
      once(connection, 'connection_open').then(() => 'accepted'),
      once(connection, 'connection_error').then(() => 'refused'),
    ]);
    connection.close();
    return outcome;
  }

  it('refuses who shows the keys of the TPM and cannot unwrap with it', async () => {
    const tpm = new KnownTpm('tpm-4');
    await enroll(tpm, 'tpm-4');
    const impostor = Object.assign(new KnownTpm('tpm-4'), {
      getEndorsementKey: tpm.getEndorsementKey.bind(tpm),
      getStorageRootKey: tpm.getStorageRootKey.bind(tpm),
    });
    // What it was sent it can only guess.
    impostor.activateIdentityKey = (_blob, done) => {
      impostor.identityKey = Buffer.alloc(32);
      done(null);
    };

    await assert.rejects(registerOverHttps(azure, asSecurity(impostor)), {
      name: 'UnauthorizedError',
    });
    await assert.rejects(azure.registry().get('tpm-4'), { name: 'DeviceNotFoundError' });
  });

  it('has no TPM over MQTT, as the SDK has none', async () => {
    const tpm = new KnownTpm('tpm-5');
    await assert.rejects(registerOverMqtt(azure, asSecurity(tpm)));
  });

  it('answers keys that are none with 400', async () => {
    const tpm = new KnownTpm('tpm-6');
    await enroll(tpm, 'tpm-6');
    const base = `https://localhost:${azure.settings.ports.deviceProvisioningHttps}`;
    const url = `${base}/${azure.settings.idScope}/registrations/tpm-6/register`;
    const endorsementKey = tpm.endorsementKey.toString('base64');
    for (const storageRootKey of ['', 'AAAA', endorsementKey.slice(0, 40)]) {
      const body = { registrationId: 'tpm-6', tpm: { endorsementKey, storageRootKey } };
      assert.equal((await azure.fetch(url, 'PUT', body)).status, 400);
    }
  });
});

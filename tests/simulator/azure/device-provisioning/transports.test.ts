import assert from 'node:assert/strict';
import { SymmetricKeySecurityClient } from 'azure-iot-security-symmetric-key';
import { X509Security } from 'azure-iot-security-x509';
import { z } from 'zod';
import { deriveDeviceKey } from '../../../../simulator/wire/sas-token.ts';
import { TestAzure } from '../../../support/azure.ts';
import { testDevice, testIntermediate, testRoot } from '../../../support/certificates.ts';
import { AmqpProcess } from './support/amqp-process.ts';
import { serviceClient } from './support/service-client.ts';
import { registerOverHttps, registerOverMqtt, type SecurityClient } from './support/transports.ts';

const X509State = z.object({ x509: z.object({ enrollmentGroupId: z.string() }) });

describe('Device Provisioning over HTTPS and AMQP', function () {
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

  const keyOf = (registrationId: string) =>
    deriveDeviceKey(azure.settings.secrets.enrollmentGroupKey, registrationId);
  const withKey = (registrationId: string, key = keyOf(registrationId)): SecurityClient =>
    new SymmetricKeySecurityClient(registrationId, key);

  it('registers a meter of the group over HTTPS, who then connects to the hub', async () => {
    const result = await registerOverHttps(azure, withKey('Meter01'));

    assert.equal(result.assignedHub, azure.settings.iotHubHostName);
    assert.equal(result.status, 'assigned');
    assert.equal(result['substatus'], 'initialAssignment');
    await (await azure.deviceClient(result.deviceId, keyOf('Meter01'))).open();
  });

  it('registers a meter of the group over AMQP, who then connects to the hub', async () => {
    const { result } = await amqp.register({ registrationId: 'Meter02', key: keyOf('Meter02') });

    assert.equal(result?.['status'], 'assigned');
    assert.equal(result['assignedHub'], azure.settings.iotHubHostName);
    await (await azure.deviceClient('Meter02', keyOf('Meter02'))).open();
  });

  it('answers a wrong key over HTTPS with 401002, and over AMQP by refusing the login', async () => {
    await assert.rejects(
      registerOverHttps(azure, withKey('Meter03', keyOf('Meter04'))),
      ({ responseBody }: { responseBody?: string }) => {
        const body = JSON.parse(responseBody ?? '') as Record<string, unknown>;
        assert.equal(body['errorCode'], 401_002);
        assert.equal(body['message'], 'Unauthorized');
        assert.match(String(body['trackingId']), /^[0-9a-f-]{36}$/);
        return true;
      },
    );
    const { error } = await amqp.register({ registrationId: 'Meter03', key: keyOf('Meter04') });
    assert.equal(error?.name, 'NotConnectedError');
    await assert.rejects(azure.registry().get('Meter03'), { name: 'DeviceNotFoundError' });
  });

  it('answers a disabled enrollment with the status disabled, whatever the protocol', async () => {
    const service = serviceClient(azure);
    await service.createOrUpdateIndividualEnrollment({
      registrationId: 'off',
      attestation: { type: 'symmetricKey', symmetricKey: { primaryKey: keyOf('x') } },
      provisioningStatus: 'disabled',
    } as never);

    await assert.rejects(registerOverHttps(azure, withKey('off', keyOf('x'))), /is disabled/);
    const { error } = await amqp.register({ registrationId: 'off', key: keyOf('x') });
    assert.match(error?.message ?? '', /status is disabled/);
  });

  it('refuses an unknown ID scope and an operation of somebody else over HTTPS', async () => {
    const { ports } = azure.settings;
    const base = `https://localhost:${ports.deviceProvisioningHttps}`;
    const unknown = await azure.fetch(`${base}/0neFFFFFFFF/registrations/a/register`, 'PUT');
    assert.equal(unknown.status, 404);
    const operation = `${base}/${azure.settings.idScope}/registrations/a/operations/5.x`;
    assert.equal((await azure.fetch(operation, 'GET')).status, 401);
  });

  describe('with X.509', () => {
    it('registers the device of an individual enrollment over MQTT, HTTPS and AMQP', async () => {
      const certificate = await testDevice(await testRoot(), 'own-certificate');
      const created = await serviceClient(azure).createOrUpdateIndividualEnrollment({
        registrationId: 'own-certificate',
        attestation: {
          type: 'x509',
          x509: { clientCertificates: { primary: { certificate: certificate.cert } } },
        },
      } as never);
      const { attestation } = created.responseBody;
      const thumbprint = attestation.x509?.clientCertificates?.primary.info?.sha1Thumbprint;
      assert.match(thumbprint ?? '', /^[0-9A-F]{40}$/);

      const security = new X509Security('own-certificate', certificate);
      for (const register of [registerOverMqtt, registerOverHttps]) {
        const result = await register(azure, security);
        assert.equal(result.status, 'assigned');
      }
      const { result } = await amqp.register({
        registrationId: 'own-certificate',
        x509: certificate,
      });
      assert.equal(result?.['status'], 'assigned');
      const { responseBody } = await azure.registry().get('own-certificate');
      assert.equal((responseBody.authentication as { type?: string }).type, 'selfSigned');
      assert.match(
        responseBody.authentication?.x509Thumbprint?.primaryThumbprint ?? '',
        /^[0-9A-F]{64}$/,
      );
    });

    it('registers devices of a group by its authority, over an intermediate', async () => {
      const root = await testRoot('factory');
      const intermediate = await testIntermediate(root);
      await serviceClient(azure).createOrUpdateEnrollmentGroup({
        enrollmentGroupId: 'factory',
        attestation: {
          type: 'x509',
          x509: { signingCertificates: { primary: { certificate: root.certificatePem } } },
        },
        provisioningStatus: 'enabled',
      });
      const device = await testDevice(intermediate, 'made-here', { above: [intermediate] });

      const result = await registerOverMqtt(azure, new X509Security('made-here', device));

      assert.deepEqual(X509State.parse(result).x509.enrollmentGroupId, 'factory');
      const overHttps = await registerOverHttps(azure, new X509Security('made-here', device));
      assert.equal(overHttps.deviceId, 'made-here');
    });

    it('refuses a certificate of another name, of another authority, or past its time', async () => {
      const root = await testRoot('strict');
      await serviceClient(azure).createOrUpdateEnrollmentGroup({
        enrollmentGroupId: 'strict',
        attestation: {
          type: 'x509',
          x509: { signingCertificates: { primary: { certificate: root.certificatePem } } },
        },
        provisioningStatus: 'enabled',
      });
      const cases = [
        await testDevice(root, 'another-name'),
        await testDevice(await testRoot('strict'), 'strict-1'),
        await testDevice(root, 'strict-1', { days: 0 }),
      ];
      for (const certificate of cases) {
        const security = new X509Security('strict-1', certificate);
        await assert.rejects(
          registerOverMqtt(azure, security),
          (error: Error & { result?: { errorCode: number; message: string } }) => {
            assert.equal(error.result?.errorCode, 401_002);
            assert.equal(error.result.message, 'Invalid certificate.');
            return true;
          },
        );
        await assert.rejects(registerOverHttps(azure, security));
        const { error } = await amqp.register({ registrationId: 'strict-1', x509: certificate });
        assert.ok(error !== undefined);
      }
      await registerOverMqtt(
        azure,
        new X509Security('strict-1', await testDevice(root, 'strict-1')),
      );
    });
  });
});

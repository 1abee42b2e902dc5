import assert from 'node:assert/strict';
import { X509Certificate } from 'node:crypto';
import common from 'azure-iot-common';
import devicePackage, { type Client as DeviceClient } from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { z } from 'zod';
import { thumbprintOf } from '../../../../simulator/wire/client-certificate.ts';
import { TestAzure } from '../../../support/azure.ts';
import {
  testDevice,
  testIntermediate,
  testRoot,
  type DeviceCertificate,
} from '../../../support/certificates.ts';

const { NoRetry } = common;
const { Client, Message, X509AuthenticationProvider } = devicePackage;

const Peek = z.object({
  events: z.array(z.object({ systemProperties: z.record(z.string(), z.unknown()) })),
});

describe('IoT Hub and devices with X.509 certificates', function () {
  this.timeout(20_000);
  let azure: TestAzure;
  const clients: DeviceClient[] = [];

  before(async () => {
    azure = await TestAzure.start();
  });
  after(() => azure.stop());
  afterEach(() => Promise.allSettled(clients.splice(0).map((client) => client.close())));

  async function open(deviceId: string, x509: DeviceCertificate): Promise<DeviceClient> {
    const credentials = {
      host: azure.settings.iotHubHostName,
      gatewayHostName: `localhost:${azure.settings.ports.iotHubMqtt}`,
      deviceId,
      x509,
    };
    const provider = new X509AuthenticationProvider(credentials);
    const client = Client.fromAuthenticationProvider(provider, Mqtt);
    client.setRetryPolicy(new NoRetry());
    clients.push(client);
    await client.setOptions({ ca: azure.certificates.caPem });
    await client.open();
    return client;
  }

  const refused = { name: 'UnauthorizedError' };

  async function createSelfSigned(deviceId: string, { cert }: DeviceCertificate): Promise<void> {
    await azure.registry().create({
      deviceId,
      authentication: {
        type: 'selfSigned',
        x509Thumbprint: { primaryThumbprint: thumbprintOf(new X509Certificate(cert), 'sha1') },
      },
    });
  }

  it('takes telemetry of a device that is known by its thumbprint', async () => {
    const certificate = await testDevice(await testRoot(), 'any name');
    await createSelfSigned('self-1', certificate);

    await (await open('self-1', certificate)).sendEvent(new Message('{}'));

    const answer = await azure.control.get('/event-hubs/iothub-ehub-lab/peek?count=1');
    const [event] = Peek.parse(answer).events;
    assert.match(String(event?.systemProperties['iothub-connection-auth-method']), /"x509"/);
  });

  it('refuses another certificate of the same name, a token, and a certificate past its time', async () => {
    const root = await testRoot();
    const certificate = await testDevice(root, 'self-2');
    await createSelfSigned('self-2', certificate);
    await assert.rejects(open('self-2', await testDevice(root, 'self-2')), refused);
    const withKey = await azure.deviceClient('self-2', Buffer.alloc(32).toString('base64'));
    await assert.rejects(withKey.open(), refused);

    const expired = await testDevice(root, 'self-3', { days: 0 });
    await createSelfSigned('self-3', expired);
    await assert.rejects(open('self-3', expired), refused);
  });

  it('takes a device whose certificate an authority of the hub issued, over an intermediate', async () => {
    const root = await testRoot();
    const intermediate = await testIntermediate(root);
    const authentication = { type: 'certificateAuthority' as const };
    await azure.registry().create({ deviceId: 'by-authority', authentication });
    const certificate = await testDevice(intermediate, 'by-authority', { above: [intermediate] });
    await assert.rejects(open('by-authority', certificate), refused);

    await azure.control.post('/certificate-authorities/factory', {
      certificate: root.certificatePem,
    });

    await open('by-authority', certificate);
    const other = await testDevice(intermediate, 'another-device', { above: [intermediate] });
    await assert.rejects(open('by-authority', other), refused);
    const withoutChain = await testDevice(intermediate, 'by-authority');
    await assert.rejects(open('by-authority', withoutChain), refused);
    // The name of an authority alone vouches for nothing.
    const impostor = await testDevice(await testRoot(), 'by-authority');
    await assert.rejects(open('by-authority', impostor), refused);

    await azure.control.post('/certificate-authorities/factory/remove');
    await assert.rejects(open('by-authority', certificate), refused);
  });

  it('drops a device whose thumbprint was changed', async () => {
    const root = await testRoot();
    const certificate = await testDevice(root, 'self-4');
    await createSelfSigned('self-4', certificate);
    const client = await open('self-4', certificate);
    const dropped = new Promise((resolve) => client.on('disconnect', resolve));

    const { cert } = await testDevice(root, 'self-4');
    const primaryThumbprint = thumbprintOf(new X509Certificate(cert), 'sha256');
    await azure.registry().update({
      deviceId: 'self-4',
      authentication: { type: 'selfSigned', x509Thumbprint: { primaryThumbprint } },
    });

    await dropped;
  });

  it('refuses what is not the certificate of an authority', async () => {
    const { cert } = await testDevice(await testRoot(), 'leaf');
    for (const certificate of [cert, 'no certificate']) {
      await assert.rejects(azure.control.post('/certificate-authorities/bad', { certificate }), {
        statusCode: 400,
      });
    }
  });
});

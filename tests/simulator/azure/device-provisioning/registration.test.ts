import assert from 'node:assert/strict';
import devicePackage from 'azure-iot-device';
import mqttBase from 'azure-iot-mqtt-base';
import provisioning from 'azure-iot-provisioning-device';
import { Mqtt } from 'azure-iot-provisioning-device-mqtt';
import { SymmetricKeySecurityClient } from 'azure-iot-security-symmetric-key';
import { z } from 'zod';
import { deriveDeviceKey, signSasToken } from '../../../../simulator/wire/sas-token.ts';
import { TestAzure } from '../../../support/azure.ts';
import { RawMqttClient } from '../../../support/raw-mqtt.ts';

const { ProvisioningDeviceClient } = provisioning;
const { MqttBase } = mqttBase;
const { Message } = devicePackage;

const Key = z.object({ key: z.string() });
const Registrations = z.object({
  deviceProvisioning: z.object({
    enrollmentGroupEnabled: z.boolean(),
    registrations: z.array(z.object({ registrationId: z.string(), assignedHub: z.string() })),
  }),
});

describe('Device Provisioning and the provisioning SDK', function () {
  this.timeout(20_000);
  let azure: TestAzure;

  before(async () => {
    azure = await TestAzure.start();
  });
  after(() => azure.stop());
  afterEach(() => azure.closeClients());

  async function register(registrationId: string, key: string, idScope = azure.settings.idScope) {
    const base = new MqttBase();
    base.setOptions({ ca: azure.certificates.caPem });
    const client = ProvisioningDeviceClient.create(
      `localhost:${azure.settings.ports.deviceProvisioning}`,
      idScope,
      new Mqtt(base),
      new SymmetricKeySecurityClient(registrationId, key),
    );
    const result = await client.register();
    assert.ok(result);
    return result;
  }

  const groupKeyOf = (registrationId: string) =>
    deriveDeviceKey(azure.settings.secrets.enrollmentGroupKey, registrationId);

  it('registers a meter of the enrollment group, who then connects to the hub', async () => {
    const key = groupKeyOf('Meter01');
    const result = await register('Meter01', key);

    assert.equal(result.assignedHub, azure.settings.iotHubHostName);
    assert.equal(result.deviceId, 'Meter01');
    assert.equal(result.status, 'assigned');
    assert.equal(result['substatus'], 'initialAssignment');
    const device = await azure.deviceClient(result.deviceId, key);
    await device.open();
    await device.sendEvent(new Message('{}'));
  });

  it('derives the key as Microsoft documents it', () => {
    // Made with: printf Meter01 | openssl dgst -sha256 -mac HMAC -macopt hexkey:6b6579 -binary | base64
    assert.equal(
      deriveDeviceKey('a2V5', 'Meter01'),
      'qAjrQsaN0y9YqiIBy9XGBveuy5eCJp8YTcD2BTOrQag=',
    );
  });

  it('keeps registrations, and gives a meter the same device again', async () => {
    const key = groupKeyOf('Meter02');
    const first = await register('Meter02', key);
    await azure.restart();

    const { deviceProvisioning } = Registrations.parse(await azure.control.get('/status'));
    const kept = deviceProvisioning.registrations.find(
      ({ registrationId }) => registrationId === 'Meter02',
    );
    assert.equal(kept?.assignedHub, first.assignedHub);
    const again = await register('Meter02', key);
    assert.equal(again.deviceId, 'Meter02');
    assert.equal(again['createdDateTimeUtc'], first['createdDateTimeUtc']);
  });

  it('registers an individual enrollment under the device id it names', async () => {
    const answer = await azure.control.post('/enrollments', {
      registrationId: 'single',
      deviceId: 'Single-Device',
    });
    const { key } = Key.parse(answer);

    const result = await register('single', key);

    assert.equal(result.deviceId, 'Single-Device');
    await (await azure.deviceClient('Single-Device', key)).open();
    // Its own enrollment goes before the group's.
    await assert.rejects(register('single', groupKeyOf('single')), { name: 'UnauthorizedError' });
  });

  it('answers a wrong key with 401002 after an accepted CONNECT', async () => {
    const attempt = register('Meter03', groupKeyOf('Meter04'));

    await assert.rejects(attempt, (error: Error & { result?: { errorCode: number } }) => {
      assert.equal(error.name, 'UnauthorizedError');
      assert.equal(error.result?.errorCode, 401_002);
      return true;
    });
    await assert.rejects(azure.registry().get('Meter03'), { name: 'DeviceNotFoundError' });
  });

  it('answers a disabled enrollment with the status disabled', async () => {
    await azure.control.post('/enrollment-group', { enabled: false });
    await assert.rejects(register('Meter05', groupKeyOf('Meter05')), /status is disabled/);
    await assert.rejects(azure.registry().get('Meter05'), { name: 'DeviceNotFoundError' });

    await azure.control.post('/enrollment-group', { enabled: true });
    assert.equal((await register('Meter05', groupKeyOf('Meter05'))).status, 'assigned');
  });

  it('refuses an unknown ID scope with CONNACK 3', async () => {
    await assert.rejects(register('Meter06', groupKeyOf('Meter06'), '0neFFFFFFFF'));
    const client = await connectRaw('0neFFFFFFFF', 'Meter06');
    assert.equal(client.returnCode, 3);
  });

  it('closes the connection at a topic that it does not have', async () => {
    const { client, returnCode } = await connectRaw(azure.settings.idScope, 'Meter07');
    assert.equal(returnCode, 0);
    client.send({
      cmd: 'publish',
      topic: '$dps/registrations/DELETE/x',
      payload: '',
      qos: 0,
      dup: false,
      retain: false,
    });
    await client.closed();
  });

  async function connectRaw(idScope: string, registrationId: string) {
    const { ports } = azure.settings;
    const client = await RawMqttClient.open(ports.deviceProvisioning, azure.certificates.caPem);
    const token = signSasToken({
      resource: `${idScope}/registrations/${registrationId}`,
      key: groupKeyOf(registrationId),
      expirySeconds: 9_000_000_000,
      keyName: 'registration',
    });
    const returnCode = await client.connect({
      clientId: registrationId,
      username: `${idScope}/registrations/${registrationId}/api-version=2019-03-31&ClientVersion=x`,
      password: Buffer.from(token),
    });
    return { client, returnCode };
  }

  it('hands out the group key only when asked, and to holders of the control token', async () => {
    const { key } = Key.parse(await azure.control.get('/enrollment-group/key'));
    assert.equal(key, azure.settings.secrets.enrollmentGroupKey);
    const status = JSON.stringify(await azure.control.get('/status'));
    assert.ok(!status.includes(key));
    const { azure: port } = azure.settings.ports.control;
    const response = await fetch(`http://127.0.0.1:${port}/enrollment-group/key`);
    assert.equal(response.status, 401);
  });
});

import assert from 'node:assert/strict';
import type { Packet } from 'mqtt-packet';
import { z } from 'zod';
import { signSasToken } from '../../../../simulator/wire/sas-token.ts';
import { TestAzure } from '../../../support/azure.ts';
import { RawMqttClient } from '../../../support/raw-mqtt.ts';

const Status = z.object({
  iotHub: z.object({
    messagesReceived: z.number(),
    devices: z.array(z.object({ deviceId: z.string(), connected: z.boolean() })),
  }),
});

describe('IoT Hub on raw MQTT', function () {
  this.timeout(20_000);
  let azure: TestAzure;
  const clients: RawMqttClient[] = [];

  before(async () => {
    azure = await TestAzure.start();
  });
  after(() => azure.stop());
  afterEach(() => {
    for (const client of clients.splice(0)) client.destroy();
  });

  async function open(): Promise<RawMqttClient> {
    const client = await RawMqttClient.open(
      azure.settings.ports.iotHubMqtt,
      azure.certificates.caPem,
    );
    clients.push(client);
    return client;
  }

  /** CONNECT fields of a device, as the SDK fills them in. */
  function login(deviceId: string, key: string, expirySeconds = 9_000_000_000) {
    const { iotHubHostName: host } = azure.settings;
    const token = signSasToken({ resource: `${host}/devices/${deviceId}`, key, expirySeconds });
    return {
      clientId: deviceId,
      clean: false,
      username: `${host}/${deviceId}/?api-version=2021-04-12`,
      password: Buffer.from(token),
    };
  }

  const publish = (topic: string, payload: string | Buffer = '{}') =>
    ({ cmd: 'publish', topic, payload, messageId: 1, qos: 1, dup: false, retain: false }) as const;
  const twinGet = { ...publish('$iothub/twin/GET/?$rid=r1', ' '), qos: 0 } as const;
  const subscribe = (topic: string): Packet => ({
    cmd: 'subscribe',
    messageId: 9,
    subscriptions: [{ topic, qos: 0 }],
  });

  it('keeps the subscriptions of a session across a restart of the hub', async () => {
    const fields = login('session-1', await azure.createDevice('session-1'));
    const before = await open();
    assert.equal((await before.connack(fields)).sessionPresent, false);
    before.send(subscribe('$iothub/twin/res/#'));
    await before.next('suback');

    await azure.restart();

    const after = await open();
    assert.equal((await after.connack(fields)).sessionPresent, true);
    after.send(twinGet);
    const { topic, payload } = await after.next('publish');
    assert.equal(topic, '$iothub/twin/res/200/?$rid=r1');
    assert.deepEqual(JSON.parse(payload.toString()), {
      desired: { $version: 1 },
      reported: { $version: 1 },
    });
  });

  it('forgets the subscriptions when the client asks for a clean session', async () => {
    const fields = login('session-2', await azure.createDevice('session-2'));
    const before = await open();
    await before.connect(fields);
    before.send(subscribe('$iothub/twin/res/#'));
    await before.next('suback');

    const clean = await open();
    assert.equal((await clean.connack({ ...fields, clean: true })).sessionPresent, false);
    clean.send(twinGet, { cmd: 'pingreq' });
    await clean.next('pingresp'); // no twin came before it
  });

  it('refuses filters that are not the device’s own', async () => {
    const client = await open();
    await client.connect(login('filters', await azure.createDevice('filters')));

    client.send({
      cmd: 'subscribe',
      messageId: 1,
      subscriptions: [
        { topic: 'devices/filters/messages/devicebound/#', qos: 1 },
        { topic: 'devices/other/messages/devicebound/#', qos: 1 },
        { topic: '#', qos: 0 },
      ],
    });

    assert.deepEqual((await client.next('suback')).granted, [1, 128, 128]);
  });

  it('closes the connection when its SAS token expires', async () => {
    const key = await azure.createDevice('expiry');
    const client = await open();
    const expirySeconds = Math.ceil(Date.now() / 1000) + 1;

    assert.equal(await client.connect(login('expiry', key, expirySeconds)), 0);
    await client.closed();

    assert.ok(Date.now() >= expirySeconds * 1000);
    const late = await open();
    assert.equal(await late.connect(login('expiry', key, expirySeconds)), 5);
  });

  it('answers 5 to a login that does not fit together', async () => {
    const key = await azure.createDevice('mismatch');
    const good = login('mismatch', key);
    const other = login('other', key);
    const attempts = [
      { ...good, clientId: 'other' },
      { ...good, username: 'mismatch' },
      { ...good, username: good.username.replace('?api-version=2021-04-12', '') },
      { ...good, username: good.username.replace('lab-hub', 'another-hub') },
      { ...good, password: other.password },
      { ...good, password: Buffer.from('secret') },
    ];
    for (const attempt of attempts) assert.equal(await (await open()).connect(attempt), 5);
    assert.equal(await (await open()).connect(good), 0);
  });

  const refused = {
    'another device’s topic': publish('devices/someone-else/messages/events/'),
    'a topic that IoT Hub does not have': publish('temperature'),
    'a property bag that is not percent-encoded': publish('devices/strict/messages/events/%zz=1'),
    'a body over 256 KiB': publish('devices/strict/messages/events/', Buffer.alloc(262_145)),
  };
  for (const [what, packet] of Object.entries(refused)) {
    it(`closes the connection without PUBACK at ${what}`, async () => {
      const { responseBody } = await azure
        .registry()
        .get('strict')
        .catch(async () => {
          await azure.createDevice('strict');
          return azure.registry().get('strict');
        });
      const key = responseBody.authentication?.symmetricKey?.primaryKey ?? '';
      const client = await open();
      await client.connect(login('strict', key));

      client.send(packet);

      await assert.rejects(client.next('puback'), /got the end/);
    });
  }

  it('takes a body of exactly 256 KiB', async () => {
    const client = await open();
    await client.connect(login('large', await azure.createDevice('large')));
    client.send(publish('devices/large/messages/events/', Buffer.alloc(262_144, 'x')));
    await client.next('puback');
  });

  it('counts what it acknowledged and shows who is connected', async () => {
    const before = Status.parse(await azure.control.get('/status')).iotHub;
    const client = await open();
    await client.connect(login('counted', await azure.createDevice('counted')));
    const count = 1_000;
    for (let id = 1; id <= count; id += 1) {
      client.send({ ...publish('devices/counted/messages/events/'), messageId: id });
    }
    for (let id = 1; id <= count; id += 1) {
      assert.equal((await client.next('puback')).messageId, id);
    }
    const { messagesReceived, devices } = Status.parse(await azure.control.get('/status')).iotHub;
    assert.equal(messagesReceived - before.messagesReceived, count);
    const counted = devices.find(({ deviceId }) => deviceId === 'counted');
    assert.equal(counted?.connected, true);
  });
});

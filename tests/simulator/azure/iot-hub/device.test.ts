import assert from 'node:assert/strict';
import { promisify } from 'node:util';
import devicePackage, { type DeviceMethodResponse, type Twin } from 'azure-iot-device';
import { z } from 'zod';
import { TestAzure } from '../../../support/azure.ts';

const { Message } = devicePackage;

const Peek = z.object({
  events: z.array(
    z.object({
      messageId: z.string().nullable(),
      body: z.unknown(),
      properties: z.record(z.string(), z.string()),
      systemProperties: z.record(z.string(), z.unknown()),
    }),
  ),
});

describe('IoT Hub and the device SDK', function () {
  this.timeout(20_000);
  let azure: TestAzure;

  before(async () => {
    azure = await TestAzure.start();
  });
  after(() => azure.stop());
  afterEach(() => azure.closeClients());

  const report = (twin: Twin, patch: object): Promise<void> =>
    promisify((done: (error?: Error | null) => void) =>
      twin.properties.reported['update'](patch, done),
    )();

  async function events() {
    const answer = await azure.control.get('/event-hubs/iothub-ehub-lab/peek?count=500');
    return Peek.parse(answer).events;
  }

  it('puts telemetry with its properties into the built-in endpoint', async () => {
    const client = await azure.openDevice('telemetry-1');
    const message = new Message('{"temp":70.5}');
    message.messageId = 'reading/telemetry-1/7';
    message.contentType = 'application/json';
    message.contentEncoding = 'utf-8';
    message.properties.add('alert', 'a b/+#%&=');

    await client.sendEvent(message);

    const [event] = (await events()).filter(({ messageId }) => messageId === message.messageId);
    assert.deepEqual(event?.body, { temp: 70.5 });
    assert.deepEqual(event.properties, { alert: 'a b/+#%&=' });
    assert.equal(event.systemProperties['iothub-connection-device-id'], 'telemetry-1');
    assert.equal(event.systemProperties['iothub-message-source'], 'Telemetry');
    assert.match(String(event.systemProperties['iothub-connection-auth-method']), /"type":"sas"/);
    assert.match(String(event.systemProperties['iothub-connection-auth-generation-id']), /^\d+$/);
  });

  it('keeps what it acknowledged, devices and twins across a restart', async () => {
    const key = await azure.createDevice('durable-1');
    const client = await azure.deviceClient('durable-1', key);
    await client.open();
    const twin = await client.getTwin();
    await report(twin, { firmware: '1.2' });
    const message = new Message('{}');
    message.messageId = 'durable/1';
    await client.sendEvent(message);
    await azure.closeClients();

    await azure.restart();

    const again = await azure.deviceClient('durable-1', key);
    await again.open();
    const { properties } = await again.getTwin();
    assert.equal(properties.reported['firmware'], '1.2');
    assert.equal((await events()).filter(({ messageId }) => messageId === 'durable/1').length, 1);
  });

  it('refuses a wrong key, an unknown device and a disabled one', async () => {
    const key = await azure.createDevice('refused-1');
    const wrong = await azure.deviceClient('refused-1', Buffer.from('wrong').toString('base64'));
    await assert.rejects(wrong.open(), { name: 'UnauthorizedError' });
    await assert.rejects((await azure.deviceClient('nobody', key)).open(), {
      name: 'UnauthorizedError',
    });

    await azure.registry().update({ deviceId: 'refused-1', status: 'disabled' });
    const disabled = await azure.deviceClient('refused-1', key);
    await assert.rejects(disabled.open(), { name: 'UnauthorizedError' });
  });

  it('sends desired properties to the device and takes reported ones, with versions', async () => {
    const client = await azure.openDevice('twin-1');
    const twin = await client.getTwin();
    assert.equal(twin.properties.desired['$version'], 1);
    const changed = new Promise<Record<string, unknown>>((resolve) => {
      twin.on('properties.desired', (patch: Record<string, unknown>) => {
        if (patch['interval'] !== undefined) resolve(patch);
      });
    });
    // The listener subscribes on its own: once the hub says so, the patch cannot be missed.
    await report(twin, { ready: true });

    await azure.control.post('/devices/twin-1/twin/desired', { interval: 5, mode: { a: 1 } });

    assert.deepEqual(await changed, { interval: 5, mode: { a: 1 }, $version: 2 });
    const seen = await azure.control.get('/devices/twin-1/twin');
    assert.deepEqual(seen, {
      desired: { interval: 5, mode: { a: 1 }, $version: 2 },
      reported: { ready: true, $version: 2 },
    });
  });

  it('tells the device why a reported patch was refused', async () => {
    const client = await azure.openDevice('twin-2');
    const twin = await client.getTwin();

    await assert.rejects(report(twin, { 'a b': 1 }), /has a control character/);
    await assert.rejects(report(twin, { text: 'x'.repeat(5_000) }), /4096/);
    await report(twin, { text: 'x' });
  });

  it('calls a direct method and brings back status and payload', async () => {
    const client = await azure.openDevice('method-1');
    client.onDeviceMethod('double', ({ payload }, response: DeviceMethodResponse) => {
      void response.send(201, { twice: Number(payload) * 2 });
    });
    const service = azure.serviceClient();

    const { result } = await service.invokeDeviceMethod('method-1', {
      methodName: 'double',
      payload: 21,
      connectTimeoutInSeconds: 5,
    });

    assert.deepEqual(result, { status: 201, payload: { twice: 42 } });
  });

  it('answers 404 DeviceNotOnline to a method of a device that is not connected', async () => {
    await azure.createDevice('method-2');
    const call = azure.serviceClient().invokeDeviceMethod('method-2', { methodName: 'ping' });

    await assert.rejects(call, (error: Error & { responseBody?: string }) => {
      assert.match(error.responseBody ?? '', /ErrorCode:DeviceNotOnline/);
      return true;
    });
  });

  it('closes the connection of a device that is disabled', async () => {
    const client = await azure.openDevice('revoked-1');
    await azure.registry().update({ deviceId: 'revoked-1', status: 'disabled' });

    await assert.rejects(client.sendEvent(new Message('late')));
  });
});

import assert from 'node:assert/strict';
import { Agent, request } from 'node:https';
import { z } from 'zod';
import { signSasToken } from '../../../../simulator/wire/sas-token.ts';
import { TestAzure } from '../../../support/azure.ts';

const ScopeAnswer = z.object({
  devices: z.array(
    z.object({
      deviceId: z.string(),
      status: z.string(),
      authentication: z.object({ symmetricKey: z.object({ primaryKey: z.string() }) }),
    }),
  ),
  modules: z.array(z.object({ deviceId: z.string(), moduleId: z.string() })),
});
const TwinAnswer = z.object({ desired: z.record(z.string(), z.unknown()) });

describe('IoT Hub REST and the service SDK', function () {
  this.timeout(20_000);
  let azure: TestAzure;

  before(async () => {
    azure = await TestAzure.start();
  });
  after(() => azure.stop());

  /** A call as the edge runtime makes it, with the gateway's own key. */
  async function asGateway(method: string, path: string, body?: object, deviceId = 'gateway-01') {
    const { iotHubHostName: host, ports, secrets } = azure.settings;
    const token = signSasToken({
      resource: `${host}/devices/${deviceId}`,
      key: secrets.gatewayKey,
      expirySeconds: 9_000_000_000,
    });
    return new Promise<{ status: number; body: unknown }>((resolve, reject) => {
      const call = request(
        {
          method,
          host: '127.0.0.1',
          port: ports.iotHubHttps,
          path: `${path}?api-version=2021-04-12`,
          servername: host,
          agent: new Agent({ ca: azure.certificates.caPem }),
          headers: { authorization: token, 'content-type': 'application/json; charset=utf-8' },
        },
        (response) => {
          let text = '';
          response.on('data', (chunk: Buffer) => (text += chunk.toString()));
          response.on('end', () => {
            const answer: unknown = text === '' ? undefined : JSON.parse(text);
            resolve({ status: response.statusCode ?? 0, body: answer });
          });
        },
      );
      call.on('error', reject);
      call.end(body === undefined ? undefined : JSON.stringify(body));
    });
  }

  it('creates, reads, changes, lists and removes devices', async () => {
    const registry = azure.registry();
    await registry.create({ deviceId: 'crud', statusReason: 'new' });
    const { responseBody: read } = await registry.get('crud');
    assert.equal(read.deviceId, 'crud');
    assert.equal(read.status, 'enabled');
    assert.equal(
      Buffer.from(read.authentication?.symmetricKey?.primaryKey ?? '', 'base64').length,
      32,
    );

    await registry.update({ deviceId: 'crud', status: 'disabled', statusReason: 'lost' });
    const { responseBody: changed } = await registry.get('crud');
    assert.equal(changed.status, 'disabled');
    assert.deepEqual(changed.authentication?.symmetricKey, read.authentication?.symmetricKey);

    const { responseBody: listed } = await registry.list();
    assert.ok(listed.some(({ deviceId }) => deviceId === 'crud'));
    await registry.delete('crud');
    await assert.rejects(registry.get('crud'), { name: 'DeviceNotFoundError' });
  });

  it('gives the service SDK its typed errors', async () => {
    const registry = azure.registry();
    await registry.create({ deviceId: 'errors' });
    await assert.rejects(registry.create({ deviceId: 'errors' }), {
      name: 'DeviceAlreadyExistsError',
    });
    await assert.rejects(registry.create({ deviceId: 'a b' }), { name: 'ArgumentError' });
    await assert.rejects(registry.delete('nobody'), { name: 'DeviceNotFoundError' });
    await assert.rejects(registry.updateTwin('errors', { tags: {} }, 'stale'), {
      name: 'InvalidEtagError',
    });
    const stranger = azure.registry(Buffer.from('wrong').toString('base64'));
    await assert.rejects(stranger.get('errors'), { name: 'UnauthorizedError' });
  });

  it('says by name what it does not support', async () => {
    const call = azure.registry().getRegistryStatistics();
    await assert.rejects(call, (error: Error & { responseBody?: string }) => {
      assert.match(error.responseBody ?? '', /NotSupported;GET \/statistics\/devices/);
      return true;
    });
  });

  it('merges twin patches and shows metadata', async () => {
    const registry = azure.registry();
    await registry.create({ deviceId: 'twin' });
    const { responseBody: twin } = await registry.getTwin('twin');
    await twin.update({ tags: { floor: 3 }, properties: { desired: { a: { b: 1, c: 2 } } } });
    const { responseBody: patched } = await registry.updateTwin(
      'twin',
      { properties: { desired: { a: { b: null } } } },
      '*',
    );
    assert.deepEqual(patched.tags, { floor: 3 });
    assert.deepEqual(patched.properties.desired['a'], { c: 2 });
    assert.equal(patched.properties.desired['$version'], 3);
    assert.equal(patched.properties.desired['$metadata'].a.c.$lastUpdatedVersion, 2);
  });

  it('answers the query for all devices', async () => {
    const query = azure.registry().createQuery('SELECT * FROM devices');
    const { result } = await query.nextAsTwin();
    assert.ok(result.some(({ deviceId }) => deviceId === 'gateway-01'));
  });

  it('lets the gateway make its modules with keys that it chose', async () => {
    const primaryKey = Buffer.from('k'.repeat(32)).toString('base64');
    const symmetricKey = { primaryKey, secondaryKey: primaryKey };
    const body = {
      deviceId: 'gateway-01',
      moduleId: 'averager',
      authentication: { type: 'sas', symmetricKey },
    };
    const path = '/devices/gateway-01/modules/averager';
    assert.equal((await asGateway('PUT', path, body)).status, 200);
    assert.equal((await asGateway('PUT', path, body)).status, 409);

    const { responseBody: module } = await azure.registry().getModule('gateway-01', 'averager');
    assert.equal(module.authentication?.symmetricKey?.primaryKey, primaryKey);
  });

  it('gives edgeHub the gateway, its modules and its children, and nobody else’s', async () => {
    await azure.createDevice('child');
    await azure.createDevice('stranger');
    await azure.control.post('/devices/child/parent', { parent: 'gateway-01' });

    const answer = await asGateway('GET', '/devices/gateway-01/modules/%24edgeHub/deviceScope');

    const { devices, modules } = ScopeAnswer.parse(answer.body);
    assert.deepEqual(
      devices.map(({ deviceId }) => deviceId),
      ['gateway-01', 'child'],
    );
    assert.ok(modules.some(({ moduleId }) => moduleId === '$edgeHub'));
    const { responseBody: child } = await azure.registry().get('child');
    const { responseBody: gateway } = await azure.registry().get('gateway-01');
    assert.equal(Reflect.get(child, 'deviceScope'), Reflect.get(gateway, 'deviceScope'));

    await azure.control.post('/devices/child/parent', { parent: null });
    const after = await asGateway('GET', '/devices/gateway-01/modules/%24edgeHub/deviceScope');
    assert.equal(ScopeAnswer.parse(after.body).devices.length, 1);
  });

  it('keeps a gateway away from other devices', async () => {
    await azure.createDevice('foreign');
    assert.equal((await asGateway('GET', '/devices/foreign')).status, 401);
    assert.equal((await asGateway('GET', '/devices')).status, 401);
    assert.equal((await asGateway('GET', '/devices/foreign', undefined, 'foreign')).status, 401);
  });

  it('refuses a parent that is not an IoT Edge device', async () => {
    await azure.createDevice('leaf');
    await azure.createDevice('no-gateway');
    await assert.rejects(azure.control.post('/devices/leaf/parent', { parent: 'no-gateway' }), {
      statusCode: 400,
      message: /not an IoT Edge device/,
    });
    await assert.rejects(azure.control.post('/devices/nobody/parent', { parent: null }), {
      statusCode: 404,
    });
  });

  it('deploys: modules exist, and equal desired properties keep their version', async () => {
    const manifest = {
      modulesContent: {
        $edgeHub: { 'properties.desired': { routes: { up: 'FROM /* INTO $upstream' } } },
        detector: { 'properties.desired': { confidence: 99.99, old: true } },
      },
    };
    await azure.control.post('/deployments/gateway-01', manifest);
    await azure.control.post('/deployments/gateway-01', manifest);
    const path = '/devices/gateway-01/modules/detector/twin';
    const first = TwinAnswer.parse(await azure.control.get(path));
    assert.deepEqual(first.desired, { confidence: 99.99, old: true, $version: 2 });

    manifest.modulesContent.detector['properties.desired'] = { confidence: 99, old: false };
    await azure.control.post('/deployments/gateway-01', manifest);
    const second = TwinAnswer.parse(await azure.control.get(path));
    assert.deepEqual(second.desired, { confidence: 99, old: false, $version: 3 });
  });
});

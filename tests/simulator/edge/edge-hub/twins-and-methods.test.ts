import assert from 'node:assert/strict';
import { once } from 'node:events';
import { eventually } from '../../../support/eventually.ts';
import { report, TestGateway } from '../support/test-gateway.ts';

describe('twins and methods behind edgeHub', function () {
  this.timeout(20_000);
  let gateway: TestGateway;

  before(async () => {
    gateway = await TestGateway.start({ modules: ['source', 'sink'], routes: {} });
  });
  afterEach(() => gateway.closeClients());
  after(() => gateway.stop());

  it('answers the twin from IoT Hub, pushes desired changes, and knows both offline', async () => {
    const { control } = gateway.azure;
    await control.post('/devices/gateway-01/modules/sink/twin/desired', { windowSeconds: 300 });
    const sink = await gateway.module('sink');
    const twin = await sink.getTwin();
    assert.equal(twin.properties.desired['windowSeconds'], 300);
    const changes: Record<string, unknown>[] = [];
    twin.on('properties.desired', (patch: Record<string, unknown>) => changes.push(patch));

    await eventually(async () => {
      await control.post('/devices/gateway-01/modules/sink/twin/desired', { windowSeconds: 60 });
      assert.ok(changes.some(({ windowSeconds }) => windowSeconds === 60));
    });

    await sink.close();
    await gateway.cutLink();
    try {
      const offline = await (await gateway.module('sink')).getTwin();
      assert.equal(offline.properties.desired['windowSeconds'], 60);
      await report(offline, { state: 'offline' });
    } finally {
      await gateway.mendLink();
    }
    await eventually(async () => {
      const { reported } = (await control.get('/devices/gateway-01/modules/sink/twin')) as {
        reported: Record<string, unknown>;
      };
      assert.equal(reported['state'], 'offline');
    });
  });

  it('tells a module after the link is mended which desired properties it has missed', async () => {
    const { control } = gateway.azure;
    const path = '/devices/gateway-01/modules/source/twin/desired';
    await control.post(path, { kept: 1, removed: 1, changed: 1 });
    const twin = await (await gateway.module('source')).getTwin();
    await gateway.cutLink();
    const missed = once(twin, 'properties.desired');
    await control.post(path, { removed: null, changed: 2 });

    await gateway.mendLink();

    await eventually(() => assert.equal(twin.properties.desired['changed'], 2));
    await missed;
    assert.equal(twin.properties.desired['kept'], 1);
    assert.equal(twin.properties.desired['removed'], undefined);
  });

  it('refuses reported properties beyond the limits with a reason', async () => {
    const twin = await (await gateway.module('source')).getTwin();

    await assert.rejects(report(twin, { long: 'x'.repeat(5000) }));
  });

  it('passes direct methods on, from IoT Hub and from the control API', async () => {
    const sink = await gateway.module('sink');
    sink.onMethod('status', (request, response) => {
      void response?.send(200, { asked: request?.payload as unknown });
    });
    const { control } = gateway.azure;
    const call = { name: 'status', payload: { from: 'cloud' } };

    await eventually(async () => {
      assert.deepEqual(await control.post('/devices/gateway-01/modules/sink/methods', call), {
        status: 200,
        payload: { asked: { from: 'cloud' } },
      });
    });
    await gateway.cutLink();
    try {
      const local = await gateway.control.post('/modules/sink/methods/status', { from: 'here' });
      assert.deepEqual(local, { status: 200, payload: { asked: { from: 'here' } } });
    } finally {
      await gateway.mendLink();
    }
  });

  it('answers 404 for a method of a module that is not connected', async () => {
    const answer = await gateway.control.post('/modules/source/methods/status', null);

    assert.equal((answer as { status: number }).status, 404);
  });
});

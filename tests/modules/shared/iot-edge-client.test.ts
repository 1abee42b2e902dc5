import assert from 'node:assert/strict';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { systemClock } from '../../../modules/shared/src/clock.ts';
import type {
  DesiredProperties,
  EdgeClient,
  InputMessage,
} from '../../../modules/shared/src/edge-client.ts';
import { createIotEdgeClient } from '../../../modules/shared/src/iot-edge-client.ts';
import { createLogger } from '../../../modules/shared/src/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { StubEdgeHub } from '../../support/stub-edge-hub.ts';

const MESSAGE = {
  output: 'out',
  messageId: 'm/1',
  properties: { kind: 'average' },
  body: '{"a":1}',
};

describe('IoT Edge client', function () {
  this.timeout(20_000);
  let hub: StubEdgeHub;
  let client: EdgeClient;
  let inputs: InputMessage[];
  let desired: DesiredProperties[];

  const start = () =>
    client.start({
      input: (message) => inputs.push(message),
      desired: (document) => desired.push(document),
      connected: () => {},
      methods: { echo: (payload) => ({ status: 202, payload }) },
    });

  beforeEach(async () => {
    inputs = [];
    desired = [];
    hub = await StubEdgeHub.start();
    // The SDK reads its place from the environment of the process.
    Object.assign(process.env, hub.environment);
    client = await createIotEdgeClient(systemClock, createLogger('test', 'silent'));
  });

  afterEach(async () => {
    await client.close();
    await hub.stop();
    for (const name of Object.keys(hub.environment)) delete process.env[name];
  });

  it('acknowledges an input only when told, in order', async () => {
    hub.input('readings', { a: 1 }, { '$.mid': 'one', colour: 'red' });
    hub.input('readings', { a: 2 });
    start();
    await eventually(() => assert.equal(inputs.length, 2));
    const [first, second] = inputs;
    assert.deepEqual(
      [first?.input, first?.body, first?.messageId, first?.properties['colour']],
      ['readings', '{"a":1}', 'one', 'red'],
    );
    assert.equal(first?.properties['$.cdid'], 'gateway-01');

    second?.acknowledge();
    assert.equal(hub.unacknowledged, 2);
    first?.acknowledge();
    await eventually(() => assert.equal(hub.unacknowledged, 0));
  });

  it('gets again what it had not acknowledged when the connection was lost', async () => {
    start();
    hub.input('readings', { a: 1 });
    await eventually(() => assert.equal(inputs.length, 1));
    hub.drop();
    await eventually(() => assert.equal(inputs.length, 2));
    inputs[0]?.acknowledge();
    assert.equal(hub.unacknowledged, 1);

    inputs[1]?.acknowledge();
    await eventually(() => assert.equal(hub.unacknowledged, 0));
  });

  it('sends with id, properties and content type, and resolves on acknowledgement', async () => {
    start();
    await eventually(() => assert.equal(desired.length, 1));
    await client.send(MESSAGE);

    assert.deepEqual(hub.published, [
      {
        output: 'out',
        messageId: 'm/1',
        properties: { '$.ct': 'application/json', '$.ce': 'utf-8', kind: 'average' },
        body: '{"a":1}',
      },
    ]);
  });

  it('fails a send whose acknowledgement did not come before the connection was lost', async () => {
    start();
    await eventually(() => assert.equal(desired.length, 1));
    hub.withholdsAcknowledgements = true;
    const sending = client.send(MESSAGE);
    await eventually(() => assert.equal(hub.published.length, 1));
    hub.drop();

    await assert.rejects(sending, { code: 'NOT_CONNECTED' });
  });

  it('connects when edgeHub appears, and again after it was away', async () => {
    await hub.pause();
    start();
    await assert.rejects(client.send(MESSAGE), { code: 'NOT_CONNECTED' });
    await hub.resume();
    await eventually(() => assert.equal(hub.connects, 1));

    await hub.pause();
    await hub.resume();
    await eventually(() => assert.equal(hub.connects, 2));
    await eventually(() => client.send(MESSAGE));
  });

  it('hands over the desired properties after every connect and on every change', async () => {
    hub.desired = { windowSeconds: 60, $version: 4 };
    start();
    await eventually(() =>
      assert.deepEqual(desired, [{ version: 4, properties: { windowSeconds: 60 } }]),
    );
    hub.patchDesired({ other: 1 });
    await eventually(() =>
      assert.deepEqual(desired.at(-1), {
        version: 5,
        properties: { windowSeconds: 60, other: 1 },
      }),
    );

    hub.desired = { windowSeconds: 30, $version: 9 };
    hub.drop();
    await eventually(() =>
      assert.deepEqual(desired.at(-1), { version: 9, properties: { windowSeconds: 30 } }),
    );
  });

  it('does not connect any more once it was closed, also between two attempts', async () => {
    start();
    await eventually(() => assert.equal(desired.length, 1));
    hub.drop();
    await eventually(() => assert.equal(hub.isConnected, false));
    await client.close();
    const { connects } = hub;

    client = await createIotEdgeClient(systemClock, createLogger('test', 'silent'));
    start();
    await eventually(() => assert.equal(desired.length, 2));
    await eventually(() => client.send(MESSAGE));
    assert.equal(hub.connects, connects + 1);
  });

  it('survives a failed twin request, which edgeHub answers without a body', async () => {
    hub.twinStatus = 500;
    start();
    await eventually(() => assert.equal(hub.connects, 1));
    await eventually(() => client.send(MESSAGE));
    hub.twinStatus = 200;

    await eventually(() => assert.equal(desired.length, 1));
  });

  it('reports properties', async () => {
    start();
    await eventually(() => client.report({ windowSeconds: { value: 60 } }));

    assert.deepEqual(hub.reported, [{ windowSeconds: { value: 60 } }]);
  });

  it('answers direct methods', async () => {
    start();
    await eventually(() => assert.equal(desired.length, 1));

    assert.deepEqual(await hub.invoke('echo', { a: 1 }), { status: 202, payload: { a: 1 } });
  });
});

describe('IoT Edge client whose workload API never answers', function () {
  this.timeout(10_000);

  it('gives up the attempt after a minute and makes another', async () => {
    const asked: string[] = [];
    const server = createServer((request) => asked.push(request.url ?? ''));
    await new Promise<void>((resolve) => {
      server.listen(0, '127.0.0.1', resolve);
    });
    const { port } = server.address() as AddressInfo;
    const environment = {
      IOTEDGE_WORKLOADURI: `http://127.0.0.1:${port}/`,
      IOTEDGE_DEVICEID: 'gateway-01',
      IOTEDGE_MODULEID: 'averager',
      IOTEDGE_IOTHUBHOSTNAME: 'lab-hub.azure-devices.net',
      IOTEDGE_AUTHSCHEME: 'sasToken',
      IOTEDGE_MODULEGENERATIONID: '1',
    };
    Object.assign(process.env, environment);
    const clock = new FakeClock();
    const client = await createIotEdgeClient(clock, createLogger('test', 'silent'));
    try {
      client.start({ input: () => {}, desired: () => {}, connected: () => {}, methods: {} });
      await eventually(() => assert.equal(asked.length, 1));
      await clock.advance(59_000);
      assert.equal(asked.length, 1);

      await clock.advance(6_000);

      await eventually(() => assert.equal(asked.length, 2));
    } finally {
      await client.close();
      server.closeAllConnections();
      server.close();
      for (const name of Object.keys(environment)) delete process.env[name];
    }
  });
});

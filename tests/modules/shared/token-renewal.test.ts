import assert from 'node:assert/strict';
import azureIotDevice from 'azure-iot-device';
import { systemClock } from '../../../modules/shared/src/clock.ts';
import type { EdgeClient, InputMessage } from '../../../modules/shared/src/edge-client.ts';
import { createIotEdgeClient } from '../../../modules/shared/src/iot-edge-client.ts';
import { createLogger } from '../../../modules/shared/src/logger.ts';
import { eventually } from '../../support/eventually.ts';
import { StubEdgeHub } from '../../support/stub-edge-hub.ts';

const { SharedAccessKeyAuthenticationProvider } = azureIotDevice;
type Provider = InstanceType<typeof SharedAccessKeyAuthenticationProvider>;

const MESSAGE = { output: 'out', messageId: 'm/1', properties: {}, body: '{"a":1}' };

/** Tells of every provider that the SDK makes from a connection string; returns how to end that. */
function watchProviders(made: (provider: Provider) => void): () => void {
  const original = Reflect.get(SharedAccessKeyAuthenticationProvider, 'fromConnectionString');
  const watched = (...parts: Parameters<typeof original>) => {
    const provider = Reflect.apply(original, SharedAccessKeyAuthenticationProvider, parts);
    made(provider);
    return provider;
  };
  Reflect.set(SharedAccessKeyAuthenticationProvider, 'fromConnectionString', watched);
  return () => {
    Reflect.set(SharedAccessKeyAuthenticationProvider, 'fromConnectionString', original);
  };
}

describe('Token renewal', function () {
  this.timeout(20_000);
  let hub: StubEdgeHub;
  let client: EdgeClient;
  let inputs: InputMessage[];
  let versions: number[];
  let provider: Provider | undefined;
  let restore: () => void;

  /** What the SDK does when a quarter of the token's hour is left. */
  const renew = () => provider?.setTokenRenewalValues(3_600, 900);

  beforeEach(async () => {
    inputs = [];
    versions = [];
    restore = watchProviders((made) => {
      provider = made;
    });
    hub = await StubEdgeHub.start();
    Object.assign(process.env, hub.environment);
    client = await createIotEdgeClient(systemClock, createLogger('test', 'silent'));
    client.start({
      input: (message) => inputs.push(message),
      desired: ({ version }) => versions.push(version),
      connected: () => {},
      methods: { echo: (payload) => ({ status: 202, payload }) },
    });
    await eventually(() => assert.equal(versions.length, 1));
  });

  afterEach(async () => {
    restore();
    await client.close();
    await hub.stop();
    for (const name of Object.keys(hub.environment)) delete process.env[name];
  });

  it('brings back what was not acknowledged, and acknowledges it on the new connection', async () => {
    hub.input('readings', { a: 1 });
    await eventually(() => assert.equal(inputs.length, 1));
    renew();
    await eventually(() => assert.equal(hub.connects, 2));
    await eventually(() => assert.equal(inputs.length, 2));
    inputs[0]?.acknowledge();
    inputs[1]?.acknowledge();
    await eventually(() => assert.equal(hub.unacknowledged, 0));
    hub.input('readings', { a: 2 });
    await eventually(() => assert.equal(inputs.length, 3));
  });

  it('goes on sending, answering and following the twin', async () => {
    renew();
    await eventually(() => assert.equal(hub.connects, 2));
    await eventually(() => client.send(MESSAGE));
    assert.equal((await hub.invoke('echo')).status, 202);
    hub.patchDesired({ a: 1 });
    await eventually(() => assert.equal(versions.at(-1), 2));
  });

  it('connects again when edgeHub is away meanwhile, and reads the twin again', async () => {
    await hub.pause();
    renew();
    hub.desired = { windowSeconds: 30, $version: 7 };
    await hub.resume();
    await eventually(() => client.send(MESSAGE));
    await eventually(() => assert.equal(versions.at(-1), 7));
  });

  it('connects again when edgeHub goes in the middle of it', async () => {
    renew();
    await hub.pause();
    await hub.resume();
    await eventually(() => client.send(MESSAGE));
    hub.input('readings', { a: 1 });
    await eventually(() => assert.equal(inputs.length, 1));
  });

  it('does not miss desired properties that changed while it was under way', async () => {
    renew();
    hub.desired = { windowSeconds: 30, $version: 9 };
    await eventually(() => assert.equal(hub.connects, 2));
    await eventually(() => assert.equal(versions.at(-1), 9));

    hub.patchDesired({ other: 1 });
    await eventually(() => assert.deepEqual(versions, [1, 9, 10]));
  });

  it('keeps the connection as long as it lasts when no token can be had', async () => {
    provider?.emit('error', new Error('the workload API does not answer'));
    await client.send(MESSAGE);
    assert.equal(hub.connects, 1);
  });
});

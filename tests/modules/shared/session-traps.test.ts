/** What can go wrong on a connection that stood, made to happen to the unmodified SDK. */
import assert from 'node:assert/strict';
import azureIotDevice from 'azure-iot-device';
import { startClient, type StartedClient } from '../../support/edge-client-process.ts';
import { eventually } from '../../support/eventually.ts';
import { FakeClock } from '../../support/fake-clock.ts';
import { MisbehavingEdgeHub } from '../../support/misbehaving-edge-hub.ts';

const { SharedAccessKeyAuthenticationProvider } = azureIotDevice;
type Provider = InstanceType<typeof SharedAccessKeyAuthenticationProvider>;

const ALL_TOPICS = [
  '$iothub/methods/POST/#',
  '$iothub/twin/PATCH/properties/desired/#',
  '$iothub/twin/res/#',
  'devices/gateway-01/modules/module-01/inputs/#',
];
const message = (messageId: string) => ({
  output: 'out',
  messageId,
  properties: {},
  body: '{"a":1}',
});

describe('a module whose connection stood', function () {
  this.timeout(20_000);
  let hub: MisbehavingEdgeHub;
  let clock: FakeClock;
  let started: StartedClient;
  let restore: () => void;
  let provider: Provider | undefined;

  beforeEach(async () => {
    clock = new FakeClock();
    restore = watchProviders((made) => (provider = made));
    hub = await MisbehavingEdgeHub.start();
    started = await startClient(hub.environment, clock);
    await standsFor(1);
  });
  afterEach(async () => {
    restore();
    await started.stop();
    await hub.stop();
  });

  /** Waits until the connection of this number stands with everything that belongs to it. */
  async function standsFor(connects: number, twins = connects): Promise<void> {
    await eventually(async () => {
      await clock.advance(100);
      assert.equal(hub.connects.length, connects);
      assert.deepEqual(hub.subscribed.toSorted(), ALL_TOPICS);
      assert.equal(started.desired.length, twins);
    });
  }

  /** Inputs, twin, methods and sends work. */
  async function works(): Promise<void> {
    await started.client.send(message('after'));
    const { length } = started.inputs;
    hub.input('', '{"b":2}', 1);
    await eventually(() => assert.equal(started.inputs.length, length + 1));
    hub.patchDesired('{"c":3,"$version":2}');
    await eventually(() => assert.equal(started.desired.at(-1)?.properties['c'], 3));
    hub.invoke('echo', '{"d":4}');
    await eventually(() =>
      assert.match(hub.published.at(-1) ?? '', /methods\/res\/200.*\{"d":4\}/),
    );
  }

  it('dials again after a reset under traffic, and subscribes to everything again', async () => {
    hub.manners.puback = false;
    const sends = Array.from({ length: 50 }, (_, index) =>
      started.client.send(message(`m${index}`)),
    );
    await eventually(() => assert.equal(hub.published.length, 50));
    hub.reset();
    const results = await Promise.allSettled(sends);
    assert.ok(results.every(({ status }) => status === 'rejected'));

    hub.manners.puback = true;
    await standsFor(2);
    await works();
  });

  it('fails a send at once while edgeHub is away, and comes back after more than four minutes', async () => {
    await hub.pause();
    await eventually(async () =>
      assert.rejects(started.client.send(message('away')), { code: 'NOT_CONNECTED' }),
    );
    for (let second = 0; second < 600; second += 30) await clock.advance(30_000);
    await hub.resume();
    await standsFor(2);
    await works();
  });

  it('notices within half a minute that edgeHub acknowledges nothing any more', async () => {
    hub.freeze();
    const sending = started.client.send(message('frozen'));
    const failed = assert.rejects(sending, { code: 'NOT_CONNECTED' });
    await clock.advance(29_000);
    assert.equal(hub.connects.length, 1);

    await clock.advance(1_000);
    await failed;
    await standsFor(2);
    await works();
    hub.thaw();
    await eventually(() => assert.equal(hub.openSockets, 1));
  });

  it('asks edgeHub every minute whether it is there, and trusts the same authority', async () => {
    hub.reset();
    await standsFor(2);
    provider?.emit('newTokenAvailable', { sharedAccessSignature: 'renewed' });
    await eventually(() => assert.equal(hub.connects.length, 3));

    assert.deepEqual(
      hub.connects.map(({ keepalive }) => keepalive),
      [60, 60, 60],
    );
  });

  it('subscribes again when edgeHub forgot the session before a token was renewed', async () => {
    provider?.setTokenRenewalValues(3_600, 900);
    await standsFor(3, 2);
    await works();
  });

  it('closed with sends that are never acknowledged, does not go on renewing its token', async () => {
    hub.manners.puback = false;
    const sending = started.client.send(message('never acknowledged'));
    const failed = assert.rejects(sending, { code: 'NOT_CONNECTED' });
    await eventually(() => assert.equal(hub.published.length, 1));
    const closed = started.client.close();
    await clock.advance(2_000);
    await closed;
    await failed;
    await eventually(() => assert.equal(hub.openSockets, 0));

    const timer: unknown = Reflect.get(provider ?? {}, '_renewalTimeout');
    assert.equal(timer, null);
  });
});

/** Tells of every token provider that the SDK makes; returns how to end that. */
function watchProviders(made: (provider: Provider) => void): () => void {
  const { prototype } = SharedAccessKeyAuthenticationProvider;
  const original: unknown = Reflect.get(prototype, 'getDeviceCredentials');
  if (typeof original !== 'function') throw new Error('the SDK has changed');
  Reflect.set(prototype, 'getDeviceCredentials', function (this: Provider, ...parts: unknown[]) {
    made(this);
    return Reflect.apply(original, this, parts) as unknown;
  });
  return () => {
    Reflect.set(prototype, 'getDeviceCredentials', original);
  };
}

import assert from 'node:assert/strict';
import { keepConnected } from '../../../simulator/meters/device-client.ts';
import type { TelemetryConnection } from '../../../simulator/meters/reading-sender.ts';
import { eventually } from '../../support/eventually.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';
import { startMeterFront, type MeterFront } from './meter-front.ts';

const KEY = Buffer.from('a key for tests').toString('base64');
const CREDENTIALS = { deviceId: 'Meter01', assignedHub: 'lab-hub.azure-devices.net', key: KEY };
const MESSAGE = { messageId: 'reading/Meter01/1', body: '{"id":"Meter01"}' };

describe('device client', function () {
  this.timeout(20_000);
  let test: TestSettings;
  let front: MeterFront;
  let client: { stop(): Promise<void> };
  let connections: TelemetryConnection[];
  let losses: string[];

  before(async () => {
    test = await testSettings();
  });

  after(() => test.cleanup());

  beforeEach(async () => {
    front = await startMeterFront(test.settings);
    connections = [];
    losses = [];
  });

  afterEach(async () => {
    await client.stop();
    await front.stop();
  });

  function dial(port = front.port): void {
    client = keepConnected({
      credentials: CREDENTIALS,
      gatewayHost: `localhost:${port}`,
      caPem: front.caPem,
      onConnected: (connection) => connections.push(connection),
      onLost: (reason) => losses.push(reason),
    });
  }

  async function connection(count = 1): Promise<TelemetryConnection> {
    await eventually(() => assert.equal(connections.length, count));
    const last = connections.at(-1);
    assert.ok(last !== undefined);
    return last;
  }

  it('signs in with the name of the assigned hub and dials the gateway', async () => {
    dial();
    await connection();
    assert.match(front.usernames[0] ?? '', /^lab-hub\.azure-devices\.net\/Meter01\/\?api-version=/);
  });

  it('sends JSON with its id and says when it is acknowledged', async () => {
    dial();
    await (await connection()).send(MESSAGE);
    assert.deepEqual(
      front.published.map(({ body }) => body),
      [MESSAGE.body],
    );
    const topic = decodeURIComponent(front.published[0]?.topic ?? '');
    assert.match(topic, /\$\.mid=reading%2FMeter01%2F1|\$\.mid=reading\/Meter01\/1/);
    assert.match(topic, /\$\.ct=application(\/|%2F)json&\$\.ce=utf-8/);
  });

  it('does not resolve a send before it is acknowledged, and rejects when the connection is lost', async () => {
    dial();
    front.acknowledges = false;
    const sending = (await connection()).send(MESSAGE).then(
      () => 'acknowledged',
      () => 'lost',
    );
    await eventually(() => assert.equal(front.published.length, 1));
    front.dropConnections();
    assert.equal(await sending, 'lost');
    await eventually(() => assert.equal(connections.length, 2));
  });

  it('connects again after every loss', async () => {
    dial();
    for (const count of [1, 2, 3]) {
      await connection(count);
      front.dropConnections();
    }
    const again = await connection(4);
    await again.send(MESSAGE);
    assert.equal(losses.length, 3);
  });

  it('keeps trying while nobody answers, and says so', async () => {
    const { port } = front;
    await front.stop();
    dial(port);
    await eventually(() => assert.match(losses[0] ?? '', /Nobody answers at localhost:\d+/));
    front = await startMeterFront(test.settings, port);
    await connection();
  });

  it('says in one sentence that it is refused, and gets in when it is adopted', async () => {
    front.returnCode = 5;
    dial();
    await eventually(() => assert.match(losses[0] ?? '', /refuses this meter: it is not adopted/));
    front.returnCode = 0;
    await connection();
  });

  it('stays away after it was stopped', async () => {
    dial();
    await connection();
    await client.stop();
    await client.stop();
    assert.deepEqual(losses, []);
  });
});

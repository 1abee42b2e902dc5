import assert from 'node:assert/strict';
import { pino } from 'pino';
import { ensureCertificates, type Certificates } from '../../../simulator/wire/certificates.ts';
import {
  startMqttFront,
  type MqttFront,
} from '../../../simulator/wire/mqtt-front/start-mqtt-front.ts';
import {
  ConnectionClosedError,
  type MqttConnection,
  type MqttHandler,
  type MqttPublish,
} from '../../../simulator/wire/mqtt-front/types.ts';
import { RawMqttClient } from '../../support/raw-mqtt.ts';
import { testSettings, type TestSettings } from '../../support/settings.ts';

const log = pino({ level: 'silent' });

/** Accepts everybody and notes what happens; each part can be replaced. */
class RecordingHandler implements MqttHandler<string> {
  readonly events: string[] = [];
  readonly connections: MqttConnection<string>[] = [];
  onPublish: (message: MqttPublish) => Promise<void> = async () => {};
  #wake: () => void = () => {};

  async connect({ clientId, password }: { clientId: string; password: string }) {
    if (password === 'wrong') return { accepted: false, returnCode: 5 } as const;
    if (password === 'fault') throw new Error('database is gone');
    return { accepted: true, sessionPresent: false, identity: clientId } as const;
  }
  connected(connection: MqttConnection<string>): void {
    this.connections.push(connection);
    this.#note(`connected ${connection.clientId}`);
  }
  async subscribe(_: MqttConnection<string>, filters: readonly { topic: string; qos: 0 | 1 }[]) {
    return filters.map(({ topic, qos }) => (topic === 'forbidden' ? (128 as const) : qos));
  }
  async unsubscribe(): Promise<void> {}
  async publish(_: MqttConnection<string>, message: MqttPublish): Promise<void> {
    this.#note(`publish ${message.topic}`);
    await this.onPublish(message);
  }
  disconnected(connection: MqttConnection<string>, reason: string): void {
    this.#note(`disconnected ${connection.clientId}: ${reason}`);
  }
  async waitFor(event: RegExp): Promise<string> {
    for (;;) {
      const found = this.events.find((candidate) => event.test(candidate));
      if (found !== undefined) return found;
      await new Promise<void>((resolve) => {
        this.#wake = resolve;
      });
    }
  }
  #note(event: string): void {
    this.events.push(event);
    this.#wake();
  }
}

describe('MQTT front', function () {
  this.timeout(20_000);
  let test: TestSettings;
  let certificates: Certificates;
  let handler: RecordingHandler;
  let front: MqttFront;
  const clients: RawMqttClient[] = [];

  before(async () => {
    test = await testSettings();
    certificates = await ensureCertificates(test.settings);
  });
  after(() => test.cleanup());
  beforeEach(async () => {
    handler = new RecordingHandler();
    const tls = { cert: certificates.serverCertPem, key: certificates.serverKeyPem };
    front = await startMqttFront({ port: 0, tls, handler, maxPacketBytes: 10_000, log });
  });
  afterEach(async () => {
    for (const client of clients.splice(0)) client.destroy();
    await front.stop();
  });

  async function open(): Promise<RawMqttClient> {
    const client = await RawMqttClient.open(front.port, certificates.caPem);
    clients.push(client);
    return client;
  }
  async function connected(clientId: string): Promise<RawMqttClient> {
    const client = await open();
    assert.equal(await client.connect({ clientId }), 0);
    return client;
  }
  const publish = (topic: string, messageId: number, payload = 'x') =>
    ({ cmd: 'publish', topic, messageId, payload, qos: 1, dup: false, retain: false }) as const;

  it('acknowledges in order of arrival though the work ends in another order', async () => {
    const releases = new Map<string, () => void>();
    handler.onPublish = ({ topic }) => new Promise((resolve) => releases.set(topic, resolve));
    const client = await connected('m');

    client.send(publish('first', 7), publish('second', 8));
    await handler.waitFor(/publish second/);
    releases.get('second')?.();
    client.send({ cmd: 'pingreq' });
    await client.next('pingresp'); // no PUBACK came before it
    releases.get('first')?.();

    assert.equal((await client.next('puback')).messageId, 7);
    assert.equal((await client.next('puback')).messageId, 8);
  });

  it('closes the connection without PUBACK when a message could not be taken in', async () => {
    handler.onPublish = () => Promise.reject(new Error('disk full'));
    const client = await connected('m');

    client.send(publish('a', 1));

    await assert.rejects(client.next('puback'), /got the end/);
    assert.match(await handler.waitFor(/disconnected/), /disk full/);
  });

  it('stops reading while 256 messages are unfinished, and goes on afterwards', async () => {
    const releases: (() => void)[] = [];
    handler.onPublish = () => new Promise((resolve) => releases.push(resolve));
    const client = await connected('m');
    for (let id = 1; id <= 300; id += 1) client.send(publish(`t${id}`, id));
    await handler.waitFor(/publish t256$/);
    assert.equal(releases.length, 256);

    handler.onPublish = async () => {};
    for (const release of releases) release();

    for (let id = 1; id <= 300; id += 1) assert.equal((await client.next('puback')).messageId, id);
  });

  it('delivers QoS 1 in order and resolves each at its PUBACK', async () => {
    const client = await connected('m');
    const [connection] = handler.connections;
    assert.ok(connection);

    const first = connection.deliver({ topic: 'a', payload: '1' });
    const second = connection.deliver({ topic: 'a', payload: '2', dup: true });
    const one = await client.next('publish');
    const two = await client.next('publish');
    assert.deepEqual([String(one.payload), one.dup, one.qos], ['1', false, 1]);
    assert.deepEqual([String(two.payload), two.dup, two.qos], ['2', true, 1]);
    client.send({ cmd: 'puback', messageId: two.messageId ?? 0 });
    await second;
    client.send({ cmd: 'puback', messageId: one.messageId ?? 0 });
    await first;
  });

  it('rejects what is unacknowledged when the connection ends', async () => {
    const client = await connected('m');
    const [connection] = handler.connections;
    assert.ok(connection);
    const delivery = connection.deliver({ topic: 'a', payload: '1' });
    await client.next('publish');

    client.destroy();

    await assert.rejects(delivery, ConnectionClosedError);
    await assert.rejects(connection.deliver({ topic: 'a', payload: '2' }), ConnectionClosedError);
  });

  it('lets a new connection with the same client id take over, the old one closed first', async () => {
    const old = await connected('m');
    await connected('m');

    await old.closed();
    assert.deepEqual(handler.events, [
      'connected m',
      'disconnected m: a new connection has taken over',
      'connected m',
    ]);
  });

  it('answers the handler refusal with its return code and a fault with 3', async () => {
    const refused = await open();
    assert.equal(
      await refused.connect({ clientId: 'm', password: Buffer.from('wrong'), username: 'u' }),
      5,
    );
    await refused.closed();

    const faulty = await open();
    assert.equal(
      await faulty.connect({ clientId: 'm', password: Buffer.from('fault'), username: 'u' }),
      3,
    );
    assert.deepEqual(handler.events, []);
  });

  it('keeps packets that follow CONNECT at once until it is accepted', async () => {
    const client = await open();
    client.send(
      { cmd: 'connect', protocolId: 'MQTT', protocolVersion: 4, clientId: 'm', clean: true },
      publish('early', 1),
    );

    assert.equal((await client.next('connack')).returnCode, 0);
    assert.equal((await client.next('puback')).messageId, 1);
  });

  it('grants QoS 2 as 1, and says which filters it refuses', async () => {
    const client = await connected('m');

    client.send({
      cmd: 'subscribe',
      messageId: 3,
      subscriptions: [
        { topic: 'a', qos: 2 },
        { topic: 'b', qos: 0 },
        { topic: 'forbidden', qos: 1 },
      ],
    });

    assert.deepEqual((await client.next('suback')).granted, [1, 0, 128]);
  });

  it('closes when nothing came for 1.5 times the keep-alive interval', async () => {
    const client = await open();
    await client.connect({ clientId: 'm', keepalive: 1 });
    const connectedMs = performance.now();

    await client.closed();

    assert.ok(performance.now() - connectedMs > 1_400);
    assert.match(await handler.waitFor(/disconnected/), /keep-alive/);
  });

  const connect = {
    cmd: 'connect',
    protocolId: 'MQTT',
    protocolVersion: 4,
    clientId: 'm',
  } as const;
  const violations: Record<string, (client: RawMqttClient) => void> = {
    'a packet over the size limit, before its bytes have come': (client) =>
      client.sendBytes(Buffer.from([0x32, 0xff, 0xff, 0x03])),
    'a remaining length of five bytes': (client) =>
      client.sendBytes(Buffer.from([0x32, 0xff, 0xff, 0xff, 0xff, 0x01])),
    'bytes that are not MQTT': (client) => client.sendBytes(Buffer.from('GET / HTTP/1.1\r\n\r\n')),
    'a second CONNECT': (client) => client.send({ ...connect, clean: true }),
    'QoS 2': (client) => client.send({ ...publish('a', 1), qos: 2 }),
    'a wildcard in a topic name': (client) => client.send(publish('a/#', 1)),
    'a packet only servers send': (client) =>
      client.send({ cmd: 'connack', returnCode: 0, sessionPresent: false }),
  };
  for (const [what, violate] of Object.entries(violations)) {
    it(`closes the connection at ${what}`, async () => {
      const client = await connected('m');
      violate(client);
      await client.closed();
    });
  }

  it('refuses a client that does not begin with CONNECT, or asks for another version', async () => {
    const silent = await open();
    silent.send({ cmd: 'pingreq' });
    await silent.closed();

    const older = await open();
    assert.equal(
      await older.connect({ clientId: 'm', protocolId: 'MQIsdp', protocolVersion: 3 }),
      1,
    );
    assert.deepEqual(handler.events, []);
  });

  it('stops with clients connected and can be stopped twice', async () => {
    const client = await connected('m');
    await front.stop();
    await client.closed();
    await front.stop();
    await handler.waitFor(/disconnected m: the server is stopping/);
  });
});

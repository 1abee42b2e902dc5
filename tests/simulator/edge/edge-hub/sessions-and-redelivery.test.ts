import assert from 'node:assert/strict';
import { join } from 'node:path';
import type { IPublishPacket } from 'mqtt-packet';
import { openDatabase } from '../../../../simulator/wire/database.ts';
import { EDGE_HUB_SCHEMA } from '../../../../simulator/edge/edge-hub/schema.ts';
import { eventually } from '../../../support/eventually.ts';
import type { RawMqttClient } from '../../../support/raw-mqtt.ts';
import { into } from '../support/manifest.ts';
import { TestGateway } from '../support/test-gateway.ts';

const MANIFEST = {
  modules: ['source', 'sink'],
  routes: { readings: `FROM /messages/modules/source/outputs/* ${into('sink', 'readings')}` },
};
const OUTPUT = 'devices/gateway-01/modules/source/messages/events/%24.on=readings/';
const INPUTS = 'devices/gateway-01/modules/sink/inputs/#';

function publish(client: RawMqttClient, ...numbers: number[]): void {
  for (const number of numbers) {
    client.send({
      cmd: 'publish',
      topic: OUTPUT,
      payload: String(number),
      qos: 1,
      messageId: number,
      dup: false,
      retain: false,
    });
  }
}

async function acknowledged(client: RawMqttClient, count: number): Promise<number[]> {
  const ids: number[] = [];
  while (ids.length < count) ids.push((await client.next('puback')).messageId ?? 0);
  return ids;
}

async function receive(client: RawMqttClient, count: number): Promise<IPublishPacket[]> {
  const packets: IPublishPacket[] = [];
  while (packets.length < count) packets.push(await client.next('publish'));
  return packets;
}

function bodies(packets: readonly IPublishPacket[]): number[] {
  return packets.map(({ payload }) => Number(payload.toString()));
}

function acknowledge(client: RawMqttClient, packets: readonly IPublishPacket[]): void {
  for (const { messageId = 0 } of packets) client.send({ cmd: 'puback', messageId });
}

describe('edgeHub and connections that break', function () {
  this.timeout(20_000);
  let gateway: TestGateway;
  const opened: RawMqttClient[] = [];

  async function module(moduleId: string, options = {}) {
    const { client, connack } = await gateway.rawModule(moduleId, options);
    opened.push(client);
    return { client, sessionPresent: connack.sessionPresent };
  }

  beforeEach(async () => {
    gateway = await TestGateway.start(MANIFEST);
  });

  afterEach(async () => {
    for (const client of opened.splice(0)) client.destroy();
    await gateway.stop();
  });

  it('acknowledges a message only when it is on disk, and in order of arrival', async () => {
    const { client: source } = await module('source');
    const file = join(gateway.settings.stateFolder, 'edge-hub/edge-hub.db');
    const disk = openDatabase(file, EDGE_HUB_SCHEMA);
    const rows = disk.prepare('SELECT count(*) FROM queues').pluck();
    publish(source, 1, 2, 3, 4, 5);

    for (const id of [1, 2, 3, 4, 5]) {
      assert.equal((await source.next('puback')).messageId, id);
      assert.ok(Number(rows.get()) >= id);
    }
    disk.close();
  });

  it('delivers again, marked as a duplicate and in order, what a lost connection left unacknowledged', async () => {
    const { client: source } = await module('source');
    const { client: sink } = await module('sink', { inputs: true });
    publish(source, 1, 2, 3);
    await acknowledged(source, 3);
    const first = await receive(sink, 3);
    assert.deepEqual(
      first.map(({ dup }) => dup),
      [false, false, false],
    );
    acknowledge(sink, first.slice(0, 1));
    await eventually(async () => assert.equal(await gateway.queued('sink/readings'), 2));
    sink.destroy();

    const { client: again } = await module('sink');

    const second = await receive(again, 2);
    assert.deepEqual(bodies(second), [2, 3]);
    assert.deepEqual(
      second.map(({ dup }) => dup),
      [true, true],
    );
  });

  it('drops a message whose properties fit into no topic once written anew, and goes on', async () => {
    const { client: source } = await module('source');
    const { client: sink } = await module('sink');
    sink.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: INPUTS, qos: 1 }] });
    await sink.next('suback');
    source.send({
      cmd: 'publish',
      topic: OUTPUT.replace(/\/$/, `&note=${'é'.repeat(20_000)}`),
      payload: '1',
      qos: 1,
      messageId: 1,
      dup: false,
      retain: false,
    });
    publish(source, 2);

    assert.deepEqual(await acknowledged(source, 2), [1, 2]);
    assert.deepEqual(bodies(await receive(sink, 1)), [2]);
  });

  it('keeps at most 64 messages unacknowledged', async () => {
    const { client: source } = await module('source');
    const { client: sink } = await module('sink', { inputs: true });
    const numbers = Array.from({ length: 100 }, (_, index) => index + 1);
    publish(source, ...numbers);
    await acknowledged(source, 100);
    const window = await receive(sink, 64);
    sink.send({ cmd: 'pingreq' });
    await sink.next('pingresp');

    acknowledge(sink, window);

    assert.deepEqual(bodies([...window, ...(await receive(sink, 36))]), numbers);
  });

  it('restores a session after its own restart, without a new SUBSCRIBE', async () => {
    const { client: source } = await module('source');
    const { client: sink, sessionPresent } = await module('sink', { inputs: true });
    assert.equal(sessionPresent, false);
    publish(source, 1, 2);
    await acknowledged(source, 2);
    acknowledge(sink, (await receive(sink, 2)).slice(0, 1));
    await eventually(async () => assert.equal(await gateway.queued('sink/readings'), 1));
    await gateway.stopHub();
    await gateway.startHub();

    const again = await module('sink');

    assert.equal(again.sessionPresent, true);
    assert.deepEqual(bodies(await receive(again.client, 1)), [2]);
  });

  it('begins without subscriptions when the client asks for a clean session', async () => {
    const { client: source } = await module('source');
    await module('sink', { inputs: true });
    const { client: sink, sessionPresent } = await module('sink', { clean: true });
    publish(source, 1);
    await acknowledged(source, 1);

    assert.equal(sessionPresent, false);
    sink.send({ cmd: 'pingreq' });
    await sink.next('pingresp');
    sink.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic: INPUTS, qos: 1 }] });
    await sink.next('suback');
    assert.deepEqual(bodies(await receive(sink, 1)), [1]);
  });

  it('does not let a module speak for another, nor listen to it', async () => {
    const { client: sink } = await module('sink');
    const topic = INPUTS.replace('sink', 'source');
    sink.send({ cmd: 'subscribe', messageId: 1, subscriptions: [{ topic, qos: 1 }] });
    assert.deepEqual((await sink.next('suback')).granted, [128]);

    publish(sink, 1);

    await sink.closed();
  });
});

describe('edgeHub with --faithful', function () {
  this.timeout(20_000);

  it('has one unacknowledged message per module', async () => {
    const gateway = await TestGateway.start(MANIFEST, { faithful: true });
    const { client: source } = await gateway.rawModule('source');
    const { client: sink } = await gateway.rawModule('sink', { inputs: true });
    try {
      publish(source, 1, 2);
      await acknowledged(source, 2);
      const [first] = await receive(sink, 1);
      sink.send({ cmd: 'pingreq' });
      await sink.next('pingresp');
      acknowledge(sink, first === undefined ? [] : [first]);

      assert.deepEqual(bodies(await receive(sink, 1)), [2]);
    } finally {
      source.destroy();
      sink.destroy();
      await gateway.stop();
    }
  });
});

import assert from 'node:assert/strict';
import type { EventHubProducerClient } from '@azure/event-hubs';
import type { Settings } from '../../../../simulator/wire/settings.ts';
import {
  failureOf,
  producerFor,
  startTestEventHubs,
  type TestEventHubs,
} from '../../../support/event-hubs.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';

describe('sending to event hubs', function () {
  this.timeout(20_000);
  let test: TestSettings;
  let settings: Settings;
  let hubs: TestEventHubs;
  const clients: EventHubProducerClient[] = [];

  before(async () => {
    test = await testSettings();
    settings = test.settings;
    hubs = await startTestEventHubs(settings);
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });

  after(async () => {
    await hubs.stop();
    await test.cleanup();
  });

  const producer = (hub: string) => {
    const client = producerFor(settings, hub);
    clients.push(client);
    return client;
  };
  const stored = (hub: string) => ['0', '1'].map((id) => hubs.eventLog.read(hub, id, -1, 10_000));

  it('tells a client about hubs and partitions', async () => {
    const client = producer('alerts');

    const hub = await client.getEventHubProperties();
    assert.deepEqual([hub.name, hub.partitionIds], ['alerts', ['0', '1']]);
    assert.ok(Math.abs(hub.createdOn.getTime() - Date.now()) < 60_000);
    const empty = await client.getPartitionProperties('0');
    assert.deepEqual(
      [empty.isEmpty, empty.lastEnqueuedSequenceNumber, empty.lastEnqueuedOffset],
      [true, -1, '-1'],
    );

    await client.sendBatch([{ body: 1 }, { body: 2 }], { partitionId: '0' });
    const filled = await client.getPartitionProperties('0');
    assert.deepEqual(
      [filled.isEmpty, filled.beginningSequenceNumber, filled.lastEnqueuedSequenceNumber],
      [false, 0, 1],
    );
  });

  it('keeps the events of a batch together, with their keys and properties', async () => {
    const events = Array.from({ length: 100 }, (_, index) => ({
      body: { index },
      properties: { kind: 'reading', index },
      messageId: `m-${index}`,
      contentType: 'application/json',
    }));

    await producer('hot-path').sendBatch(events, { partitionKey: 'Meter07' });

    const [kept = []] = stored('hot-path').filter((partition) => partition.length > 0);
    assert.equal(kept.length, 100);
    assert.deepEqual(
      kept.map(({ body }) => JSON.parse(body.toString()) as unknown),
      events.map(({ body }) => body),
    );
    const last = kept.at(-1);
    assert.equal(last?.partitionKey, 'Meter07');
    assert.equal(last?.messageId, 'm-99');
    assert.equal(last?.contentType, 'application/json');
    assert.deepEqual(last?.properties, { kind: 'reading', index: '99' });
  });

  it('accepts only what is on disk', async () => {
    const client = producer('alerts');
    let appended = 0;
    const unsubscribe = hubs.eventLog.onAppended(() => (appended += 1));

    const sends = Array.from({ length: 50 }, async (_, index) => {
      await client.sendBatch([{ body: index }], { partitionId: '1' });
      assert.ok(appended > 0);
    });
    await Promise.all(sends);
    unsubscribe();

    assert.equal(appended, 50);
    assert.deepEqual(
      stored('alerts')[1]
        ?.map(({ body }) => Number(body.toString()))
        .toSorted((a, b) => a - b),
      Array.from({ length: 50 }, (_, index) => index),
    );
  });

  it('tells a batch when it is full', async () => {
    const batch = await producer('hot-path').createBatch();
    assert.equal(batch.maxSizeInBytes, 1_048_576);
    const event = { body: Buffer.alloc(100_000) };
    let added = 0;
    while (batch.tryAdd(event)) added += 1;

    assert.equal(added, 10);
    await producer('hot-path').sendBatch(batch);
  });

  it('answers a wrong key as unauthorized', async () => {
    const wrong = { ...settings, secrets: { ...settings.secrets, eventHubsKey: 'wrong' } };
    const client = producerFor(wrong, 'hot-path');
    clients.push(client);

    const error = await failureOf(client.sendBatch([{ body: 'x' }]));
    assert.equal(error.code, 'UnauthorizedError');
    assert.match(error.message, /signature does not match/);
  });

  it('answers a hub or partition that does not exist as not found', async () => {
    await assert.rejects(producer('none').sendBatch([{ body: 'x' }]), {
      code: 'MessagingEntityNotFoundError',
    });
    await assert.rejects(producer('hot-path').sendBatch([{ body: 'x' }], { partitionId: '9' }), {
      code: 'MessagingEntityNotFoundError',
    });
  });
});

import assert from 'node:assert/strict';
import type { EventHubConsumerClient, ReceivedEventData, Subscription } from '@azure/event-hubs';
import type { NewEvent } from '../../../../simulator/azure/event-hubs/event-log.ts';
import type { Settings } from '../../../../simulator/wire/settings.ts';
import {
  consumerFor,
  failureOf,
  producerFor,
  receive,
  startTestEventHubs,
  type TestEventHubs,
} from '../../../support/event-hubs.ts';
import { textEvent } from '../../../support/events.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';

describe('receiving from event hubs', function () {
  this.timeout(20_000);
  let test: TestSettings;
  let settings: Settings;
  let hubs: TestEventHubs;
  const clients: EventHubConsumerClient[] = [];

  before(async () => {
    test = await testSettings();
    settings = test.settings;
    hubs = await startTestEventHubs(settings);
    const texts = Array.from({ length: 20 }, (_, index) => textEvent(`"${index}"`));
    await hubs.eventLog.append('hot-path', { partitionId: '0' }, texts);
  });

  afterEach(async () => {
    await Promise.all(clients.splice(0).map((client) => client.close()));
  });

  after(async () => {
    await hubs.stop();
    await test.cleanup();
  });

  const consumer = (hub: string, group?: string) => {
    const client = consumerFor(settings, hub, group);
    clients.push(client);
    return client;
  };

  it('gives a device message with the annotations that IoT Hub sets', async () => {
    const enqueued = new Date('2026-11-22T18:05:00.123Z');
    const message: NewEvent = {
      body: Buffer.from('{"id":"Meter07","temp":70.5}'),
      properties: { kind: 'telemetry', gateway: 'gateway-01' },
      messageId: 'telemetry/Meter07/1-2',
      correlationId: 'c-1',
      contentType: 'application/json',
      contentEncoding: 'utf-8',
      annotations: {
        'iothub-connection-device-id': 'Meter07',
        'iothub-connection-module-id': 'averager',
        'iothub-connection-auth-method': '{"scope":"device","type":"sas","issuer":"iothub"}',
        'iothub-connection-auth-generation-id': '637000000000000000',
        'iothub-enqueuedtime': enqueued,
        'iothub-message-source': 'Telemetry',
      },
    };
    await hubs.eventLog.append('iothub-ehub-lab', { partitionKey: 'Meter07' }, [message]);
    const partitionId = ['0', '1', '2', '3'].find(
      (id) => hubs.eventLog.partition('iothub-ehub-lab', id).lastSequenceNumber === 0,
    );

    const [event] = await receive(consumer('iothub-ehub-lab', 'cold-path'), partitionId ?? '', {
      count: 1,
    });
    assert.ok(event !== undefined);
    assert.deepEqual(event.body, { id: 'Meter07', temp: 70.5 });
    assert.deepEqual(event.properties, message.properties);
    assert.deepEqual(
      [event.messageId, event.correlationId, event.contentType, event.partitionKey],
      [message.messageId, message.correlationId, message.contentType, 'Meter07'],
    );
    const { systemProperties = {} } = event;
    for (const [name, value] of Object.entries(message.annotations)) {
      const given: unknown = systemProperties[name];
      assert.deepEqual(value instanceof Date ? new Date(given as number) : given, value, name);
    }
    assert.equal(event.getRawAmqpMessage().properties?.contentEncoding, 'utf-8');
  });

  it('begins where the receiver says', async () => {
    const { lastEnqueuedMs } = hubs.eventLog.partition('hot-path', '0');
    const starts = [
      [{ offset: '-1' }, '0'],
      [{ sequenceNumber: 4 }, '5'],
      [{ sequenceNumber: 4, isInclusive: true }, '4'],
      [{ offset: '7000' }, '8'],
      [{ offset: '7000', isInclusive: true }, '7'],
      [{ enqueuedOn: lastEnqueuedMs - 1 }, '0'],
    ] as const;
    const client = consumer('hot-path');
    for (const [startPosition, first] of starts) {
      const [event] = await receive(client, '0', { count: 1, startPosition });
      assert.equal(event?.body, first, JSON.stringify(startPosition));
    }
  });

  it('gives only what comes after it, from the latest position', async () => {
    const client = consumer('alerts');
    await hubs.eventLog.append('alerts', { partitionId: '0' }, [textEvent('"old"')]);
    const { latest, subscription } = await new Promise<{
      latest: unknown;
      subscription: Subscription;
    }>((resolve) => {
      const subscription = client.subscribe(
        '0',
        {
          processEvents: async ([event]) => {
            // The first, empty call says that the receiver is attached.
            if (event !== undefined) resolve({ latest: event.body as unknown, subscription });
            else await hubs.eventLog.append('alerts', { partitionId: '0' }, [textEvent('"new"')]);
          },
          processError: async (error) => assert.fail(error),
        },
        { startPosition: { offset: '@latest' }, maxWaitTimeInSeconds: 1 },
      );
    });
    await subscription.close();
    assert.equal(latest, 'new');
  });

  it('pushes events as they are appended, in order, to every consumer group', async () => {
    const total = 3_000;
    const reading = ['$Default', 'dashboard', 'function'].map((group) =>
      receive(consumer('alerts', group), '1', { count: total }),
    );
    const producer = producerFor(settings, 'alerts');
    for (let from = 0; from < total; from += 500) {
      const events = Array.from({ length: 500 }, (_, index) => ({ body: from + index }));
      await producer.sendBatch(events, { partitionId: '1' });
    }

    for (const events of await Promise.all(reading)) {
      assert.deepEqual(
        events.map(({ body }) => body as unknown),
        Array.from({ length: total }, (_, index) => index),
      );
      assertConsecutive(events);
    }
    await producer.close();
  });

  it('gives large events whole', async () => {
    const body = Buffer.alloc(900_000, 'abc');
    await hubs.eventLog.append('hot-path', { partitionId: '1' }, [
      { body, properties: {}, annotations: {} },
    ]);

    const [event] = await receive(consumer('hot-path'), '1', { count: 1 });
    assert.ok(body.equals(event?.body as Buffer));
  });

  it('tells where the partition ends, when the receiver tracks that', async () => {
    const client = consumer('hot-path');
    const last = await new Promise<number | undefined>((resolve) => {
      const subscription = client.subscribe(
        '0',
        {
          processEvents: async (_, context) => {
            await subscription.close();
            resolve(context.lastEnqueuedEventProperties?.sequenceNumber);
          },
          processError: async (error) => assert.fail(error),
        },
        {
          startPosition: { offset: '-1' },
          trackLastEnqueuedEventProperties: true,
          maxBatchSize: 1,
        },
      );
    });

    assert.equal(last, 19);
  });

  it('answers an unknown consumer group as not found', async () => {
    const error = await failureOf(receive(consumer('hot-path', 'nobody'), '0', { count: 1 }));

    assert.equal(error.code, 'MessagingEntityNotFoundError');
  });

  it('answers a wrong key as unauthorized', async () => {
    const wrong = { ...settings, secrets: { ...settings.secrets, eventHubsKey: 'wrong' } };
    const client = consumerFor(wrong, 'hot-path');
    clients.push(client);

    const error = await failureOf(receive(client, '0', { count: 1 }));
    assert.equal(error.code, 'UnauthorizedError');
  });

  it('refuses a position that the partition has not reached', async () => {
    const reading = receive(consumer('hot-path'), '0', {
      count: 1,
      startPosition: { sequenceNumber: 4_711 },
    });

    const error = await failureOf(reading);
    assert.match(error.message, /sequence number '4711' is invalid.*'19'/);
  });
});

function assertConsecutive(events: readonly ReceivedEventData[]): void {
  const [first] = events;
  assert.deepEqual(
    events.map(({ sequenceNumber }) => sequenceNumber - (first?.sequenceNumber ?? 0)),
    events.map((_, index) => index),
  );
}

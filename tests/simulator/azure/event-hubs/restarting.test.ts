import assert from 'node:assert/strict';
import type { EventHubConsumerClient } from '@azure/event-hubs';
import { consumerFor, producerFor, startTestEventHubs } from '../../../support/event-hubs.ts';
import { textEvent } from '../../../support/events.ts';
import { testSettings } from '../../../support/settings.ts';

const RESTARTS = 3;
const EVENTS_PER_LIFE = 200;

describe('event hubs that restart', function () {
  this.timeout(20_000);

  it('let a receiver go on at the exact next event', async () => {
    const { settings, cleanup } = await testSettings();
    let hubs = await startTestEventHubs(settings);
    const consumer = consumerFor(settings, 'hot-path');
    const reader = collect(consumer);
    for (let life = 0; life <= RESTARTS; life += 1) {
      const events = Array.from({ length: EVENTS_PER_LIFE }, () => textEvent('"x"'));
      await hubs.eventLog.append('hot-path', { partitionId: '0' }, events);
      // Every second time the connection is lost in the middle of the delivery.
      await reader.until((life + (life % 2 === 0 ? 1 : 0.5)) * EVENTS_PER_LIFE);
      if (life === RESTARTS) continue;
      await hubs.stop();
      hubs = await startTestEventHubs(settings);
    }
    const sequenceNumbers = await reader.until((RESTARTS + 1) * EVENTS_PER_LIFE);
    await reader.close();
    await consumer.close();
    await hubs.stop();
    await cleanup();

    assert.deepEqual(
      sequenceNumbers,
      Array.from({ length: (RESTARTS + 1) * EVENTS_PER_LIFE }, (_, index) => index),
    );
  });

  it('let a producer go on', async () => {
    const { settings, cleanup } = await testSettings();
    let hubs = await startTestEventHubs(settings);
    // A batch sent on a connection that is just being lost waits for the client's timeout.
    const producer = producerFor(settings, 'hot-path', { timeoutInMs: 1_500 });
    await producer.sendBatch([{ body: 'before' }], { partitionId: '0' });
    await hubs.stop();
    hubs = await startTestEventHubs(settings);
    await producer.sendBatch([{ body: 'after' }], { partitionId: '0' });

    const bodies = hubs.eventLog.read('hot-path', '0', -1, 10).map(({ body }) => body.toString());
    assert.deepEqual(bodies, ['"before"', '"after"']);
    await producer.close();
    await hubs.stop();
    await cleanup();
  });
});

interface Reader {
  /** Resolves with all sequence numbers when so many events have been received. */
  until(count: number): Promise<number[]>;
  close(): Promise<void>;
}

/** Reads partition 0 of a hub from its first event. */
function collect(consumer: EventHubConsumerClient): Reader {
  const sequenceNumbers: number[] = [];
  let arrived = () => {};
  const subscription = consumer.subscribe(
    '0',
    {
      processEvents: async (events) => {
        sequenceNumbers.push(...events.map(({ sequenceNumber }) => sequenceNumber));
        arrived();
      },
      // The client tells of the lost connection and goes on by itself.
      processError: async () => undefined,
    },
    { startPosition: { offset: '-1' }, maxBatchSize: 50, maxWaitTimeInSeconds: 1 },
  );
  const until = (count: number) =>
    new Promise<number[]>((resolve) => {
      arrived = () => sequenceNumbers.length >= count && resolve(sequenceNumbers);
      arrived();
    });
  return { until, close: () => subscription.close() };
}

import assert from 'node:assert/strict';
import { ContainerClient } from '@azure/storage-blob';
import { BlobCheckpointStore } from '@azure/eventhubs-checkpointstore-blob';
import type { EventHubConsumerClient, Subscription } from '@azure/event-hubs';
import { storageConnectionString } from '../../../../simulator/wire/connection-strings.ts';
import type { Settings } from '../../../../simulator/wire/settings.ts';
import { startAzurite, type Azurite } from '../../../support/azurite.ts';
import {
  consumerFor,
  consumerWith,
  startTestEventHubs,
  type TestEventHubs,
} from '../../../support/event-hubs.ts';
import { eventually } from '../../../support/eventually.ts';
import { textEvent } from '../../../support/events.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';

describe('ownership of partitions', function () {
  this.timeout(30_000);
  let test: TestSettings;
  let settings: Settings;
  let hubs: TestEventHubs;
  let azurite: Azurite;

  before(async () => {
    test = await testSettings();
    settings = test.settings;
    [hubs, azurite] = await Promise.all([startTestEventHubs(settings), startAzurite(settings)]);
  });

  after(async () => {
    await hubs.stop();
    await azurite.stop();
    await test.cleanup();
  });

  it('goes to the receiver with the higher epoch; the other hears that its link was stolen', async () => {
    await hubs.eventLog.append('alerts', { partitionId: '0' }, [textEvent('1')]);
    const low = observe(consumerFor(settings, 'alerts'), '0', 1);
    await eventually(() => assert.equal(low.received.length, 1));
    const high = observe(consumerFor(settings, 'alerts'), '0', 2);
    await eventually(() => assert.equal(high.received.length, 1));

    await eventually(() => assert.ok(low.codes.includes('ReceiverDisconnectedError')));
    const lowAgain = observe(consumerFor(settings, 'alerts'), '0', 1);
    await eventually(() => assert.ok(lowAgain.codes.includes('ReceiverDisconnectedError')));
    assert.deepEqual([high.codes, lowAgain.received], [[], []]);
    await closeAll([low, high, lowAgain]);
  });

  it('goes to one of two receivers with the same epoch', async () => {
    await hubs.eventLog.append('alerts', { partitionId: '1' }, [textEvent('1')]);
    const first = observe(consumerFor(settings, 'alerts'), '1', 3);
    await eventually(() => assert.equal(first.received.length, 1));
    const second = observe(consumerFor(settings, 'alerts'), '1', 3);

    await eventually(() => assert.equal(second.received.length, 1));
    // The client may not hear it between two reads; then it steals the link back.
    await eventually(() => {
      const codes = [...first.codes, ...second.codes];
      assert.ok(codes.includes('ReceiverDisconnectedError'));
    });
    await closeAll([first, second]);
  });

  it('does not keep readers of other consumer groups away', async () => {
    await hubs.eventLog.append('hot-path', { partitionId: '0' }, [textEvent('1')]);
    const observed = ['$Default', 'dashboard'].map((group) =>
      observe(consumerFor(settings, 'hot-path', group), '0', 0),
    );

    await eventually(() => {
      assert.deepEqual(
        observed.map(({ received }) => received.length),
        [1, 1],
      );
    });
    assert.deepEqual(
      observed.flatMap(({ codes }) => codes),
      [],
    );
    await closeAll(observed);
  });

  it('is balanced by the checkpoint store, and a restart goes on after the checkpoint', async () => {
    const container = new ContainerClient(storageConnectionString(settings), 'checkpoints');
    await container.create();
    const processor = () =>
      process(consumerWith(settings, 'iothub-ehub-lab', new BlobCheckpointStore(container)));
    const appendToAll = async (text: string) => {
      for (const partitionId of ['0', '1', '2', '3']) {
        await hubs.eventLog.append('iothub-ehub-lab', { partitionId }, [textEvent(text)]);
      }
    };
    await appendToAll('1');
    const first = processor();
    await eventually(() => assert.deepEqual(new Set(partitionsOf(first)).size, 4), 15_000);
    const processors = [first, processor()];
    await eventually(() => {
      assert.deepEqual(
        processors.map(({ owned }) => owned.size),
        [2, 2],
      );
    }, 15_000);
    await closeAll(processors);

    await appendToAll('2');
    const later = processor();
    await eventually(() => assert.equal(later.received.length, 4), 15_000);
    await closeAll([later]);
    assert.deepEqual(
      later.received.map(({ body }) => body),
      [2, 2, 2, 2],
    );
  });
});

interface Observed {
  readonly received: { partitionId: string; body: unknown }[];
  readonly codes: string[];
  readonly consumer: EventHubConsumerClient;
  readonly subscription: Subscription;
}

/** Reads one partition from its first event, with an epoch, and notes what happens. */
function observe(consumer: EventHubConsumerClient, partitionId: string, epoch: number): Observed {
  const received: Observed['received'] = [];
  const codes: string[] = [];
  const subscription = consumer.subscribe(
    partitionId,
    {
      processEvents: async (events) => {
        received.push(...events.map(({ body }) => ({ partitionId, body: body as unknown })));
      },
      processError: async (error) => {
        codes.push('code' in error ? String(error.code) : error.name);
      },
    },
    { startPosition: { offset: '-1' }, ownerLevel: epoch, maxWaitTimeInSeconds: 1 },
  );
  return { received, codes, consumer, subscription };
}

/** Reads the partitions that the checkpoint store leaves to it, and checkpoints each event. */
function process(consumer: EventHubConsumerClient): Observed & { owned: Set<string> } {
  const received: Observed['received'] = [];
  const codes: string[] = [];
  const owned = new Set<string>();
  const subscription = consumer.subscribe(
    {
      processInitialize: async ({ partitionId }) => void owned.add(partitionId),
      processClose: async (_, { partitionId }) => void owned.delete(partitionId),
      processEvents: async (events, context) => {
        const last = events.at(-1);
        if (last === undefined) return;
        const { partitionId } = context;
        await context.updateCheckpoint(last);
        received.push(...events.map(({ body }) => ({ partitionId, body: body as unknown })));
      },
      processError: async (error) => void codes.push(error.name),
    },
    { startPosition: { offset: '-1' }, maxWaitTimeInSeconds: 1 },
  );
  return { received, codes, owned, consumer, subscription };
}

function partitionsOf({ received }: Observed): string[] {
  return received.map(({ partitionId }) => partitionId);
}

async function closeAll(observed: readonly Observed[]): Promise<void> {
  for (const { subscription, consumer } of observed) {
    await subscription.close();
    await consumer.close();
  }
}

import assert from 'node:assert/strict';
import { join } from 'node:path';
import { openEventLog, type EventLog } from '../../../../simulator/azure/event-hubs/event-log.ts';
import { startEventHubs } from '../../../../simulator/azure/event-hubs/event-hubs.ts';
import { EVENT_HUBS } from '../../../../simulator/azure/event-hubs/namespace.ts';
import {
  startEventHubTrigger,
  type EventHubTrigger,
} from '../../../../simulator/azure/functions/event-hub-trigger.ts';
import { InvocationRecorder } from '../../../../simulator/azure/functions/invocations.ts';
import {
  eventHubsConnectionString,
  storageConnectionString,
} from '../../../../simulator/wire/connection-strings.ts';
import type { RunningService } from '../../../../simulator/wire/local-process.ts';
import { createLogger } from '../../../../simulator/wire/logger.ts';
import { startAzurite, type Azurite } from '../../../support/azurite.ts';
import { eventually } from '../../../support/eventually.ts';
import { testSettings, type TestSettings } from '../../../support/settings.ts';

const log = createLogger('test', 'silent');

describe('event hub trigger', function () {
  this.timeout(30_000);
  let local: TestSettings;
  let azurite: Azurite;
  let eventLog: EventLog;
  let eventHubs: RunningService;
  let running: RunningService | undefined;

  before(async () => {
    local = await testSettings();
    const { settings } = local;
    azurite = await startAzurite(settings);
    eventLog = openEventLog(join(settings.stateFolder, 'events.db'), EVENT_HUBS);
    eventHubs = await startEventHubs({ settings, log, eventLog });
  });

  afterEach(async () => {
    await running?.stop();
  });

  after(async () => {
    await eventHubs.stop();
    await eventLog.close();
    await azurite.stop();
    await local.cleanup();
  });

  /** Starts a trigger on a hub of its own whose function is `handle`. */
  async function start(
    hub: { readonly name: string; readonly consumerGroup: string },
    handle: (events: unknown[]) => void,
    options: Partial<EventHubTrigger> = {},
  ): Promise<InvocationRecorder> {
    const target = new InvocationRecorder({
      name: 'test',
      trigger: { name: 'events', type: 'eventHubTrigger' },
      metadata: { name: 'test', bindings: {} },
      invoke: async ({ inputData: [input] }) => {
        const texts = input?.data.collectionString?.string ?? [input?.data.string ?? ''];
        handle(texts.map((text): unknown => JSON.parse(text)));
        return {};
      },
    });
    running = await startEventHubTrigger({
      bindingName: 'events',
      connectionString: eventHubsConnectionString(local.settings),
      eventHubName: hub.name,
      consumerGroup: hub.consumerGroup,
      isBatch: true,
      maxBatchSize: 10,
      retryPolicy: undefined,
      storageConnectionString: storageConnectionString(local.settings),
      target,
      log,
      ...options,
    });
    return target;
  }

  function publish(hub: { readonly name: string }, ...values: number[]): Promise<void> {
    const events = values.map((value) => ({
      body: Buffer.from(String(value)),
      properties: {},
      annotations: {},
    }));
    return eventLog.append(hub.name, { partitionId: '0' }, events);
  }

  it('repeats by the retry policy, and a host that stops meanwhile checkpoints nothing', async () => {
    const hub = { name: 'alerts', consumerGroup: 'function' };
    const retryPolicy = {
      maxRetryCount: -1,
      retryStrategy: 'fixedDelay',
      delayInterval: { seconds: 0 },
    };
    await publish(hub, 1, 2, 3);
    const failing = await start(
      hub,
      () => {
        throw new Error('AccountKey=hidden; storage is away');
      },
      { retryPolicy },
    );
    await eventually(() => assert.ok(failing.status().failures > 2));
    await running?.stop();
    assert.equal(failing.status().recent[0]?.error, 'AccountKey=[secret]; storage is away');

    const seen: unknown[] = [];
    await start(hub, (events) => seen.push(...events), { retryPolicy });
    await eventually(() => assert.deepEqual(seen, [1, 2, 3]));
    await running?.stop();

    await publish(hub, 4);
    await start(hub, (events) => seen.push(...events));
    await eventually(() => assert.deepEqual(seen, [1, 2, 3, 4]));
  });

  it('passes a failed batch over when there is no retry policy, as Azure does', async () => {
    const hub = { name: 'alerts', consumerGroup: 'dashboard' };
    const seen: unknown[] = [];
    const target = await start(hub, (events) => {
      seen.push(...events);
      if (events.includes(1)) throw new Error('not this one');
    });
    await eventually(() => assert.ok(seen.includes(1)));
    await publish(hub, 5);
    await eventually(() => assert.ok(seen.includes(5)));

    assert.equal(target.status().failures, 1);
    assert.equal(seen.filter((value) => value === 1).length, 1);
  });

  it('goes on by itself when the event hub comes back', async function () {
    this.timeout(60_000);
    const hub = { name: 'alerts', consumerGroup: '$Default' };
    const seen: unknown[] = [];
    await start(hub, (events) => seen.push(...events));
    await publish(hub, 6);
    await eventually(() => assert.ok(seen.includes(6)));
    await eventHubs.stop();
    eventHubs = await startEventHubs({ settings: local.settings, log, eventLog });
    await publish(hub, 7);
    // Microsoft's client gives up a link that was cut while it was made after 30 s.
    await eventually(() => assert.ok(seen.includes(7)), 42_000);
  });

  it('gives events one by one to a function that takes one', async () => {
    const hub = { name: 'hot-path', consumerGroup: 'dashboard' };
    await publish(hub, 1, 2, 3);
    const batches: unknown[][] = [];
    await start(hub, (events) => batches.push(events), { isBatch: false });

    await eventually(() => assert.deepEqual(batches, [[1], [2], [3]]));
  });
});

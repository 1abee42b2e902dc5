import { app } from '@azure/functions';
import { enqueuedTimes } from '../enqueued-times.ts';
import { noteGateways, type LastNotes } from '../note-gateways.ts';
import { getServices } from '../services.ts';

const lastNotes: LastNotes = new Map();

/** Batches of the `hot-path` hub: a gateway that is on it no more has fallen silent. */
app.eventHub('watchGateways', {
  connection: 'ALERTS_CONNECTION',
  eventHubName: '%HOT_PATH_HUB%',
  consumerGroup: '%HOT_PATH_CONSUMER_GROUP%',
  cardinality: 'many',
  retry: {
    strategy: 'exponentialBackoff',
    maxRetryCount: -1,
    minimumInterval: { seconds: 1 },
    maximumInterval: { minutes: 1 },
  },
  handler: async (events, context) => {
    const batch = Array.isArray(events) ? events : [events];
    const services = await getServices();
    const times = enqueuedTimes(context.triggerMetadata, batch.length, services.nowMs());
    const timed = batch.map((event: unknown, index) => ({
      event,
      enqueuedMs: times[index] ?? services.nowMs(),
    }));
    await noteGateways(services, timed, lastNotes);
  },
});

import { app } from '@azure/functions';
import { recordAnomalies } from '../record-anomalies.ts';
import { getServices } from '../services.ts';

/** Batches of the `alerts` hub. Retried without end: otherwise the host would skip a failed batch. */
app.eventHub('recordAnomalies', {
  connection: 'ALERTS_CONNECTION',
  eventHubName: '%ALERTS_HUB%',
  consumerGroup: '%ALERTS_CONSUMER_GROUP%',
  cardinality: 'many',
  retry: {
    strategy: 'exponentialBackoff',
    maxRetryCount: -1,
    minimumInterval: { seconds: 1 },
    maximumInterval: { minutes: 1 },
  },
  handler: async (events, context) => {
    await recordAnomalies(await getServices(), Array.isArray(events) ? events : [events], context);
  },
});

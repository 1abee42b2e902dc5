/**
 * edgeHub's metrics in Prometheus' text format.
 *
 * Names and labels as in Azure/iotedge doc/BuiltInMetrics.md; those that nobody here reads are left
 * out.
 */
import { fastify } from 'fastify';
import type { QueueLength } from './queues/message-queues.ts';

/** One reading of everything that is measured. */
export interface HubMetrics {
  readonly hubHostName: string;
  readonly gatewayId: string;
  readonly queues: readonly QueueLength[];
  readonly connectedClients: number;
  readonly received: number;
  readonly delivered: number;
  readonly dropped: ReadonlyMap<string, number>;
}

/** Serves `GET /metrics` on 127.0.0.1. */
export async function startMetrics(
  port: number,
  read: () => HubMetrics,
): Promise<{ stop(): Promise<void> }> {
  const app = fastify({ forceCloseConnections: true });
  app.get('/metrics', async (_request, reply) => {
    await reply.type('text/plain; version=0.0.4; charset=utf-8').send(formatMetrics(read()));
  });
  await app.listen({ host: '127.0.0.1', port });
  return { stop: () => app.close() };
}

/** The text of one scrape. */
export function formatMetrics(metrics: HubMetrics): string {
  const common = { iothub: metrics.hubHostName, edge_device: metrics.gatewayId };
  const line = (name: string, labels: Record<string, string>, value: number) =>
    `${name}{${formatLabels({ ...common, ...labels })}} ${value}`;
  return [
    '# TYPE edgehub_queue_length gauge',
    ...metrics.queues.map(({ endpoint, priority, queued }) =>
      line('edgehub_queue_length', { endpoint, priority: String(priority) }, queued),
    ),
    '# TYPE edgehub_connected_clients gauge',
    line('edgehub_connected_clients', {}, metrics.connectedClients),
    '# TYPE edgehub_messages_received_total counter',
    line('edgehub_messages_received_total', {}, metrics.received),
    '# TYPE edgehub_messages_sent_total counter',
    line('edgehub_messages_sent_total', {}, metrics.delivered),
    '# TYPE edgehub_messages_dropped_total counter',
    ...[...metrics.dropped].map(([reason, count]) =>
      line('edgehub_messages_dropped_total', { reason }, count),
    ),
    '',
  ].join('\n');
}

function formatLabels(labels: Record<string, string>): string {
  return Object.entries(labels)
    .map(([name, value]) => `${name}="${value.replaceAll(/["\\\n]/g, '\\$&')}"`)
    .join(',');
}

/**
 * edgeHub's upstream queue in its Prometheus text.
 *
 * Source: Azure/iotedge, doc/BuiltInMetrics.md: `edgehub_queue_length{endpoint,priority}`; the
 * endpoint of `$upstream` is `iothub`.
 */

const QUEUE_LINE = /^edgehub_queue_length\{([^}]*)\}\s+([0-9.eE+-]+)/gm;
const UPSTREAM = /(?:^|,)\s*endpoint="(?:iothub|\$upstream)"/;

/**
 * Messages in all upstream queues together; 0 when there is no such queue yet, undefined when the
 * text is not edgeHub's.
 */
export function upstreamQueueLength(metrics: string): number | undefined {
  if (!metrics.includes('edgehub_')) return undefined;
  let length = 0;
  for (const [, labels = '', value = ''] of metrics.matchAll(QUEUE_LINE)) {
    if (UPSTREAM.test(labels)) length += Number(value);
  }
  return length;
}

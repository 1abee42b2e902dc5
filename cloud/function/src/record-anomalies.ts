/** Takes in what arrives on the alerts hub; mails are sent from what is kept here. */
import { readAlertEvent } from './alert-events.ts';
import type { Anomaly } from './core/anomaly.ts';
import type { Refused } from './refused-store.ts';
import type { FunctionLog, Services } from './services.ts';

/**
 * Keeps the anomalies of a batch of events; what is none is kept apart, with its reason, and holds
 * up nothing else. Everything is durable when this resolves.
 *
 * @throws RestError when storage fails: the batch is then to be delivered again
 */
export async function recordAnomalies(
  services: Pick<Services, 'pending' | 'refused' | 'nowMs'>,
  events: readonly unknown[],
  log: FunctionLog,
): Promise<void> {
  const anomalies: Anomaly[] = [];
  const refused: Refused[] = [];
  for (const item of events.flatMap(readAlertEvent)) {
    if (item.kind === 'anomaly') anomalies.push(item.anomaly);
    else refused.push(item);
  }
  const nowMs = services.nowMs();
  await services.pending.add(anomalies, nowMs);
  for (const item of refused) {
    log.warn('event refused', { reason: item.reason });
    await services.refused.keep(item, nowMs);
  }
}

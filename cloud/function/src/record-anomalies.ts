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
  services: Pick<Services, 'settings' | 'arrivals' | 'index' | 'refused' | 'nowMs'>,
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
  const groups = groupBySite(services, anomalies);
  for (const [siteId, group] of groups) await services.arrivals.record(siteId, group, nowMs);
  await services.index.makeDue([...groups.keys()], nowMs);
  for (const item of refused) {
    log.warn('event refused', { reason: item.reason });
    await services.refused.keep(item, nowMs);
  }
}

function groupBySite(
  { settings }: Pick<Services, 'settings'>,
  anomalies: readonly Anomaly[],
): Map<string, Anomaly[]> {
  const groups = new Map<string, Anomaly[]>();
  for (const anomaly of anomalies) {
    const siteId = settings.sites.siteOf(anomaly);
    const group = groups.get(siteId);
    if (group === undefined) groups.set(siteId, [anomaly]);
    else group.push(anomaly);
  }
  return groups;
}

/**
 * Removes what is not needed any more, so that no table grows for ever.
 *
 * Invariant: what an event hub may still deliver again is remembered.
 */
import type { FunctionLog, Services } from './services.ts';

const HOUR_MS = 3_600_000;
const DAY_MS = 24 * HOUR_MS;
/** Event hubs keep events for 7 days at most in the tiers that this project uses; one more. */
export const KEEP_ANOMALIES_MS = 8 * DAY_MS;
/** Incidents, and mails that were sent. */
export const KEEP_INCIDENTS_MS = 90 * DAY_MS;
export const KEEP_REFUSED_MS = 30 * DAY_MS;
/** One run removes for so long at most; the next goes on. */
const MAX_RUN_MS = 60_000;

/** Removes old rows and resolves with how many they were. */
export async function trimTables(
  services: Pick<Services, 'oldRows' | 'index' | 'refused' | 'nowMs'>,
  log: FunctionLog,
): Promise<number> {
  const { oldRows, index, refused, nowMs } = services;
  const startedMs = nowMs();
  const keep = {
    anomaliesSinceMs: startedMs - KEEP_ANOMALIES_MS,
    incidentsSinceMs: startedMs - KEEP_INCIDENTS_MS,
  };
  const mustStop = (): boolean => nowMs() - startedMs > MAX_RUN_MS;
  let removed = await refused.trim(startedMs - KEEP_REFUSED_MS, mustStop);
  for (const siteId of fromAnother(await index.all(), startedMs)) {
    if (mustStop()) break;
    removed += await oldRows.remove(siteId, keep, mustStop);
  }
  if (removed > 0) log.info('old rows removed', { rows: removed });
  return removed;
}

/** The sites in turn, beginning with another one each hour: none is last for ever. */
function fromAnother(siteIds: readonly string[], nowMs: number): string[] {
  const first = siteIds.length === 0 ? 0 : Math.floor(nowMs / HOUR_MS) % siteIds.length;
  return [...siteIds.slice(first), ...siteIds.slice(0, first)];
}

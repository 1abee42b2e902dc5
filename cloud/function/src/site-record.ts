/** An incident as it is kept on record. */
import type { Draft } from './core/next-mail.ts';
import type { OpenIncident, SiteState } from './core/site-state.ts';
import type { Tally } from './core/tally.ts';
import { incidentName, type SiteRecord } from './site-rows.ts';

/** The incident that `draft` tells of, after it. */
export function recordOf(siteId: string, { incident }: SiteState, draft: Draft): SiteRecord {
  const { openedMs, writtenMs, acknowledgedMs, total, number } = draft;
  if (incident !== null) return openRecord(siteId, incident, { total, updatedMs: writtenMs });
  return {
    incident: incidentName(siteId, openedMs),
    openedMs,
    closedMs: writtenMs,
    acknowledged: acknowledgedMs === null ? null : { atMs: acknowledgedMs },
    total: { ...total, listed: [] },
    silentSinceMs: null,
    mails: number,
    updatedMs: writtenMs,
  };
}

/** An incident that lasts. */
export function openRecord(
  siteId: string,
  { openedMs, acknowledgedMs, silentSinceMs, mails }: OpenIncident,
  { total, updatedMs }: { readonly total: Tally; readonly updatedMs: number },
): SiteRecord {
  return {
    incident: incidentName(siteId, openedMs),
    openedMs,
    closedMs: null,
    acknowledged: acknowledgedMs === null ? null : { atMs: acknowledgedMs },
    total: { ...total, listed: [] },
    silentSinceMs,
    mails,
    updatedMs,
  };
}

/**
 * Brings the incidents of a site to Azure SQL.
 *
 * Invariants:
 * - a change of an incident is marked as unsaved in the transaction that makes it, and the mark goes
 *   when the row is in the database, unless there was another change meanwhile;
 * - a database that is away holds up no mail.
 */
import type { FunctionLog, Services } from './services.ts';

/** Longest wait for the next attempt, milliseconds. */
export const SAVE_AGAIN_MS = 60_000;

/** What saving needs of the run that it is part of. */
export interface SavingRun {
  readonly services: Services;
  readonly log: FunctionLog;
  /** The database did not answer: the other sites wait. */
  isSqlDown: boolean;
}

/** Saves what is unsaved at a site; false when something is left for later. */
export async function saveIncidents(run: SavingRun, siteId: string): Promise<boolean> {
  const { sites, incidentTable } = run.services;
  if (incidentTable === null) return true;
  if (run.isSqlDown) return false;
  for (const mark of await sites.unsaved(siteId)) {
    const record = await sites.recorded(siteId, mark.openedMs);
    try {
      if (record !== undefined) await incidentTable.save(siteId, record);
    } catch (error) {
      run.isSqlDown = true;
      const reason = error instanceof Error ? error.message : String(error);
      run.log.warn('incident not saved in the database, it will be tried again', { reason });
      return false;
    }
    await sites.saved(siteId, mark);
  }
  return true;
}

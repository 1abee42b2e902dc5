/** Incidents as the acknowledge link sees them: showing one, and acknowledging it. */
import type { AcknowledgeOutcome, Acknowledgements, IncidentView } from './acknowledgements.ts';
import type { SiteDirectory } from './core/sites.ts';
import { incidentName } from './site-rows.ts';
import type { SiteIndex } from './site-index.ts';
import type { SiteStore } from './site-store.ts';

export class IncidentRecords implements Acknowledgements {
  readonly #store: SiteStore;
  readonly #index: SiteIndex;
  readonly #sites: SiteDirectory;
  readonly #nowMs: () => number;

  constructor(
    stores: { readonly sites: SiteStore; readonly index: SiteIndex },
    directory: SiteDirectory,
    nowMs: () => number,
  ) {
    this.#store = stores.sites;
    this.#index = stores.index;
    this.#sites = directory;
    this.#nowMs = nowMs;
  }

  async show(siteId: string, incident: string): Promise<IncidentView | undefined> {
    const openedMs = openedAt(siteId, incident);
    const record =
      openedMs === undefined ? undefined : await this.#store.recorded(siteId, openedMs);
    return record === undefined ? undefined : { site: this.#sites.nameOf(siteId), ...record };
  }

  async acknowledge(siteId: string, incident: string): Promise<AcknowledgeOutcome> {
    const openedMs = openedAt(siteId, incident);
    if (openedMs === undefined) return 'unknown';
    const nowMs = this.#nowMs();
    const outcome = await this.#store.acknowledge(siteId, openedMs, nowMs);
    // It is to be saved in the database too.
    if (outcome === 'acknowledged') await this.#index.makeDue([siteId], nowMs);
    return outcome;
  }
}

/** When the incident of this name was opened, epoch milliseconds; undefined when it is no such name. */
function openedAt(siteId: string, incident: string): number | undefined {
  const openedMs = Date.parse(incident.slice(incident.lastIndexOf('/') + 1));
  if (Number.isNaN(openedMs) || incidentName(siteId, openedMs) !== incident) return undefined;
  return openedMs;
}

/** Which site an anomaly belongs to, what the site is called, and who gets its mails. */
import type { Anomaly } from './anomaly.ts';
import type { SiteName } from './mail.ts';

/** The site of meters that have no gateway and that no other site claims. */
export const DIRECT_SITE = 'direct';

/** What the settings say of one site. */
export interface SiteEntry {
  /** The gateway's device id, `direct`, or any id for meters without a gateway. */
  readonly id: string;
  readonly name: string;
  readonly recipients: readonly string[];
  /** Meters without a gateway that belong to it. */
  readonly meters: readonly string[];
}

/** All sites; those that the settings do not name have the default recipients. */
export interface SiteDirectory {
  siteOf(anomaly: Pick<Anomaly, 'gateway' | 'meterId'>): string;
  nameOf(siteId: string): SiteName;
  recipientsOf(siteId: string): readonly string[];
}

/** A directory of `entries`; ids and meters occur in it once. */
export function siteDirectory(
  entries: readonly SiteEntry[],
  defaultRecipients: readonly string[],
): SiteDirectory {
  const sites = new Map(entries.map((entry) => [entry.id, entry]));
  const ofMeter = new Map(entries.flatMap(({ id, meters }) => meters.map((meter) => [meter, id])));
  return {
    siteOf: ({ gateway, meterId }) => gateway ?? ofMeter.get(meterId) ?? DIRECT_SITE,
    nameOf: (id) => ({ id, name: sites.get(id)?.name ?? id }),
    recipientsOf: (id) => sites.get(id)?.recipients ?? defaultRecipients,
  };
}

/** What the acknowledge link shows: a button before, and what became of it after. */
import type { ToIso } from './instants.ts';
import { siteLabel } from './mail-words.ts';
import type { SiteName } from './mail.ts';
import { definitions, page, paragraph } from './page.ts';
import { counted, fullInstant } from './wording.ts';

/** What the page tells of an incident. Instants are epoch milliseconds. */
export interface ShownIncident {
  readonly site: SiteName;
  readonly incident: string;
  readonly openedMs: number;
  readonly closedMs: number | null;
  readonly acknowledged: { readonly atMs: number } | null;
  readonly total: { readonly count: number; readonly meters: readonly unknown[] };
  readonly silentSinceMs: number | null;
}

/** Asks whether to acknowledge, or says why there is nothing to acknowledge any more. */
export function incidentPage(incident: ShownIncident, toIso: ToIso): string {
  const { site, closedMs, acknowledged } = incident;
  const facts = factsOf(incident, toIso);
  if (closedMs !== null) {
    const when = fullInstant(toIso(closedMs));
    return page('It is over', paragraph(`This incident ended on ${when}.`) + facts);
  }
  if (acknowledged !== null) {
    const when = fullInstant(toIso(acknowledged.atMs));
    return page('Acknowledged', paragraph(`Somebody acknowledged it on ${when}.`) + facts);
  }
  return page(
    `Acknowledge the incident at ${siteLabel(site)}?`,
    `${facts}<form method="post"><button type="submit">Acknowledge</button></form>` +
      '<p class="soft">Then no updates and no reminders of it are sent to anybody. The all-clear still is.</p>',
  );
}

/** Says that it was done. */
export function acknowledgedPage(incident: ShownIncident, toIso: ToIso): string {
  return page(
    'Acknowledged',
    paragraph('No updates and no reminders of this incident any more; the all-clear still comes.') +
      factsOf(incident, toIso),
  );
}

function factsOf(incident: ShownIncident, toIso: ToIso): string {
  const { site, openedMs, total, silentSinceMs } = incident;
  const silence =
    silentSinceMs === null
      ? []
      : [{ label: 'Silent since', value: fullInstant(toIso(silentSinceMs)) }];
  const anomalies =
    total.count === 0
      ? []
      : [
          {
            label: 'Anomalies',
            value: `${total.count.toLocaleString('en-US')} of ${counted(total.meters.length, 'meter', 'meters')}`,
          },
        ];
  return definitions([
    { label: 'Site', value: siteLabel(site) },
    { label: 'Since', value: fullInstant(toIso(openedMs)) },
    ...silence,
    ...anomalies,
    { label: 'Incident', value: incident.incident },
  ]);
}

/** Says why a link does nothing. */
export function linkRefusedPage(reason: 'expired' | 'forged' | 'unknown'): string {
  switch (reason) {
    case 'expired':
      return page(
        'This link has expired',
        paragraph('The links of later mails of the same incident still work.'),
      );
    case 'forged':
      return page(
        'This link does not work',
        paragraph('It is incomplete or was altered. Open it from the mail once more.'),
      );
    case 'unknown':
      return page('There is no such incident', paragraph('It ended long ago and was forgotten.'));
  }
}

/** Turns what was made out for a site into a mail with addresses and its place in a thread. */
import type { Mail } from './core/mail.ts';
import type { Draft } from './core/next-mail.ts';
import type { SiteDirectory } from './core/sites.ts';
import { incidentName, messageIdOf } from './site-rows.ts';

const FINGERPRINT_DIGITS = 12;

/** The mail of `draft`: the same in every attempt, except that recipients follow the settings. */
export function makeMail(siteId: string, draft: Draft, sites: SiteDirectory): Mail {
  const { kind, openedMs, writtenMs, number, news, total, newMeters, silence } = draft;
  const site = sites.nameOf(siteId);
  const incident = incidentName(siteId, openedMs);
  const idOf = (numberInThread: number): string =>
    messageIdOf(siteId, { kind, openedMs, number: numberInThread });
  const fingerprint = news.fingerprint.toString(16).padStart(FINGERPRINT_DIGITS, '0');
  return {
    kind,
    site,
    incident,
    messageId: idOf(number),
    inReplyTo: number === 1 ? null : idOf(number - 1),
    references: [...new Set([1, number - 1])].filter((at) => at > 0 && at < number).map(idOf),
    recipients: sites.recipientsOf(siteId),
    headers: {
      'X-Incident': incident,
      'X-Alert-Kind': kind,
      // How many anomalies it tells of, and the sum of their fingerprints: docs/contracts.md.
      'X-Anomalies': `${news.count} ${fingerprint}`,
      'Auto-Submitted': 'auto-generated',
    },
    model: { kind, site, incident, openedMs, writtenMs, number, news, total, newMeters, silence },
  };
}

/** Shows what would be mailed for the events of a file. Nothing is sent and nothing is kept. */
import { foreseeMails, type ForeseenMail, type SiteEvent } from '../core/foresee-mails.ts';
import type { Mail } from '../core/mail.ts';
import type { Pace } from '../core/pace.ts';
import type { SiteDirectory } from '../core/sites.ts';
import { makeMail } from '../make-mail.ts';
import { renderMail, type MailLinks, type RenderedMail } from '../render-mail.ts';
import { anomalyKey, fingerprintOf } from '../table-keys.ts';
import type { FileEvent } from './read-events.ts';

/** The clock goes on so long after the last event: reminders would come for weeks. */
const AFTER_LAST_MS = 86_400_000;

/** Where the mails of a dry run lead: nowhere. */
const LINKS: MailLinks = {
  acknowledge: ({ kind }) =>
    ['all-clear', 'gateway-back', 'late-digest'].includes(kind)
      ? null
      : 'https://function.example/api/acknowledge',
  dashboardUrl: null,
};

export interface DryRunSettings {
  readonly pace: Pace;
  readonly sites: SiteDirectory;
}

/** A mail that would be sent. */
export interface DryMail {
  /** Epoch milliseconds. */
  readonly atMs: number;
  readonly mail: Mail;
  readonly rendered: RenderedMail;
}

/** The mails for `events`, in order of time; an anomaly that is there twice counts once. */
export async function dryRun(
  events: readonly FileEvent[],
  { pace, sites }: DryRunSettings,
): Promise<DryMail[]> {
  const lastMs = events.reduce((last, { arrivedMs }) => Math.max(last, arrivedMs), 0);
  const untilMs = lastMs + AFTER_LAST_MS;
  const foreseen = [...bySite(events, sites)].flatMap(([siteId, group]) =>
    foreseeMails(siteId, group, { pace, untilMs }),
  );
  const inOrder = foreseen.toSorted((a, b) => a.draft.writtenMs - b.draft.writtenMs);
  const mails: DryMail[] = [];
  for (const next of inOrder) mails.push(await mailOf(next, sites));
  return mails;
}

async function mailOf({ siteId, draft }: ForeseenMail, sites: SiteDirectory): Promise<DryMail> {
  const mail = makeMail(siteId, draft, sites);
  return { atMs: draft.writtenMs, mail, rendered: await renderMail(mail, LINKS) };
}

function bySite(events: readonly FileEvent[], sites: SiteDirectory): Map<string, SiteEvent[]> {
  const groups = new Map<string, SiteEvent[]>();
  const seen = new Set<string>();
  for (const event of events) {
    const siteId = event.kind === 'heard' ? event.gateway : sites.siteOf(event.anomaly);
    const added = siteEvents(event, seen);
    const group = groups.get(siteId);
    if (group === undefined) groups.set(siteId, added);
    else group.push(...added);
  }
  return groups;
}

function siteEvents(event: FileEvent, seen: Set<string>): SiteEvent[] {
  const { arrivedMs } = event;
  if (event.kind === 'heard') return [{ kind: 'heard', arrivedMs }];
  const { anomaly } = event;
  const key = anomalyKey(anomaly);
  if (seen.has(key)) return [];
  seen.add(key);
  const fingerprint = fingerprintOf(anomaly);
  return [{ kind: 'anomaly', arrival: { anomaly, arrivedMs, fingerprint } }];
}

/** A mail with its pictures in place, as a page that a browser shows. */
export function asPage({ html, pictures }: RenderedMail): string {
  return pictures.reduce((page, { contentId, contentType, content }) => {
    const data = `data:${contentType};base64,${Buffer.from(content).toString('base64')}`;
    return page.replaceAll(`cid:${contentId}`, data);
  }, html);
}

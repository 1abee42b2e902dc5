/** The sentences of each kind of mail: subject, preview, label, headline, lead. */
import type { ToIso } from './instants.ts';
import type { MailKind, MailModel, SiteName } from './mail.ts';
import type { Tone } from './mail-parts.ts';
import type { Tally, ToldAnomaly } from './tally.ts';
import { counted, duration, shortInstant, temperature, visible } from './wording.ts';

/** Characters of a site's name in a subject. */
const MAX_NAME = 80;

const LABELS: Readonly<Record<MailKind, string>> = {
  first: 'Alert',
  update: 'Update',
  reminder: 'Reminder',
  'all-clear': 'All clear',
  'gateway-silent': 'Gateway silent',
  'gateway-back': 'Gateway back',
  'late-digest': 'Late anomalies',
};

/**
 * The subject: the same for all mails of an incident, because mail programs that see another start
 * another thread. What is particular to a mail is in its preview.
 */
export function subjectOf({ kind, site, openedMs }: MailModel, toIso: ToIso): string {
  const what = kind === 'late-digest' ? 'Late anomalies at' : 'Alert at';
  const name = visible(siteLabel(site)).slice(0, MAX_NAME);
  return `${what} ${name} (${shortInstant(toIso(openedMs))})`;
}

/** The mail's kind, in a word or two. */
export function labelOf({ kind }: MailModel): string {
  return LABELS[kind];
}

/** What people call a site. */
export function siteLabel({ id, name }: SiteName): string {
  return id === 'direct' && name === id ? 'meters without a gateway' : name;
}

/** What the mail's colours say. */
export function toneOf({ kind, silence }: MailModel, foremost: ToldAnomaly | null): Tone {
  if (kind === 'all-clear' || kind === 'gateway-back') return 'calm';
  if (kind === 'late-digest') return 'history';
  if (kind === 'gateway-silent' || silence !== null) return 'silent';
  return foremost?.direction ?? 'spike';
}

/** One line for the inbox. */
export function previewOf(model: MailModel, foremost: ToldAnomaly | null): string {
  const label = model.kind === 'first' ? '' : `${LABELS[model.kind]}: `;
  return `${label}${headlineOf(model, foremost)}${foremost === null ? '' : valueOf(foremost)}`;
}

function valueOf({ temp, usual }: ToldAnomaly): string {
  return `: ${temperature(temp)}${usual === null ? '' : `, usual ${temperature(usual)}`}`;
}

/** What happened. */
export function headlineOf(model: MailModel, foremost: ToldAnomaly | null): string {
  const { kind, site, news, total, silence } = model;
  const name = siteLabel(site);
  switch (kind) {
    case 'first':
      return anomaliesAt(news, foremost);
    case 'update':
      return `${counted(news.count, 'more anomaly', 'more anomalies')} at ${name}`;
    case 'reminder':
      return silence === null ? `Still anomalies at ${name}` : `${name} is still silent`;
    case 'all-clear':
      return `No more anomalies at ${name}, ${total.count.toLocaleString('en-US')} in all`;
    case 'gateway-silent':
      return `Nothing comes from ${name}`;
    case 'gateway-back':
      return `${name} is heard of again`;
    case 'late-digest':
      return `${counted(news.count, 'anomaly', 'anomalies')} of the past at ${name}`;
  }
}

/** What it means and what comes next, in sentences. */
export function leadOf(model: MailModel, toIso: ToIso): string[] {
  const { openedMs, writtenMs, newMeters, silence, total } = model;
  const lasts = duration(writtenMs - openedMs);
  switch (model.kind) {
    case 'first':
      return ['Further anomalies of this site come as updates in this thread.'];
    case 'update':
      return [newMetersPhrase(newMeters)];
    case 'reminder':
      return [
        `It has lasted for ${lasts} and nobody has acknowledged it.`,
        'Acknowledging ends updates and reminders; the all-clear still comes.',
      ];
    case 'all-clear':
      return [`It lasted for ${lasts}, from ${shortInstant(toIso(openedMs))}.`];
    case 'gateway-silent':
      return [
        'Its meters are muted until it is heard of again: no mails about them come meanwhile.',
        'It keeps what it measures and sends it when its line is back.',
      ];
    case 'gateway-back':
      return [
        `It was silent for ${duration((silence?.endedMs ?? writtenMs) - (silence?.sinceMs ?? openedMs))}.`,
        'What it measured meanwhile comes late and is marked so.',
      ];
    case 'late-digest':
      return [lateDigestPhrase(total, toIso)];
  }
}

function anomaliesAt(
  { count, meters, ofOtherMeters }: Tally,
  foremost: ToldAnomaly | null,
): string {
  const [meter] = meters;
  if (count === 1 && foremost !== null) {
    return `${foremost.direction === 'spike' ? 'Spike' : 'Dip'} at ${foremost.meterId}`;
  }
  if (meters.length === 1 && meter !== undefined && ofOtherMeters === 0) {
    return `${counted(count, 'anomaly', 'anomalies')} at ${meter.meterId}`;
  }
  const more = ofOtherMeters > 0 ? 'more than ' : '';
  return `${counted(count, 'anomaly', 'anomalies')} at ${more}${meters.length} meters`;
}

function newMetersPhrase(newMeters: readonly string[]): string {
  if (newMeters.length === 0) return 'All of them at meters that an earlier mail has named.';
  return `${counted(newMeters.length, 'meter is', 'meters are')} named for the first time.`;
}

function lateDigestPhrase({ firstMs, lastMs }: Tally, toIso: ToIso): string {
  const when =
    firstMs === null || lastMs === null
      ? ''
      : ` between ${shortInstant(toIso(firstMs))} and ${shortInstant(toIso(lastMs))}`;
  return `They happened${when} and came late, from a backlog: history, not an alarm.`;
}

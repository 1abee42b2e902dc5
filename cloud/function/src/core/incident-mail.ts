/** The mail of an incident: subject, bodies and the name it goes by. */
import { summariseIncident, type IncidentAnomalies, type ToIso } from './incident-summary.ts';
import { mailHtml } from './mail-html.ts';
import { mailText } from './mail-text.ts';
import { visible } from './wording.ts';

export interface IncidentMail {
  readonly subject: string;
  readonly text: string;
  readonly html: string;
  /** Value of the header `X-Incident`. */
  readonly incident: string;
}

export interface MailContext {
  /** Start of the incident, epoch milliseconds: an anomaly may have joined from before it. */
  readonly startMs: number;
  /** Address of the dashboard, or null when there is none to point to. */
  readonly dashboardUrl: string | null;
  readonly toIso: ToIso;
}

/** Writes the mail of one incident; `anomalies` are in order of event time. */
export function composeMail(anomalies: IncidentAnomalies, context: MailContext): IncidentMail {
  const summary = summariseIncident(anomalies, context.toIso);
  const incident = incidentName(anomalies[0].meterId, context.toIso(context.startMs));
  const { dashboardUrl } = context;
  const lines = [
    `Incident ${visible(incident)}`,
    'One mail per incident: anomalies of this meter within five minutes of its start send no other.',
  ];
  const link = dashboardUrl === null ? null : { href: dashboardUrl, label: 'Open the dashboard' };
  const textLink = link === null ? [] : [`${link.label}: ${link.href}`, ''];
  return {
    subject: summary.subject,
    text: mailText(summary, [...textLink, ...lines]),
    html: mailHtml(summary, { lines, link }),
    incident,
  };
}

/**
 * `Meter07/2026-11-22T18:05:30.000Z`: the meter's id, percent-encoded so that it can neither end a
 * header nor be mistaken for the instant, and the start of the incident.
 */
export function incidentName(meterId: string, startIso: string): string {
  return `${encodeURIComponent(meterId.replace(/\p{Surrogate}/gu, '\ufffd'))}/${startIso}`;
}

/**
 * The HTML body of an incident's mail.
 *
 * Tables with inline styles, because mail programs drop much else; one small style sheet adds what
 * they may ignore: dark colours and narrow screens. Nothing is loaded from anywhere.
 */
import type { Fact, IncidentSummary, SampleRow } from './incident-summary.ts';
import { escapeHtml } from './wording.ts';

const COLOURS = { spike: '#c62828', dip: '#1565c0', usual: '#90a4ae' } as const;

const FONT = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;";
const CELL = 'padding:4px 12px 4px 0;vertical-align:top;font-size:14px;line-height:20px;';
const TABLE =
  'role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="border-collapse:collapse;"';

const STYLE_SHEET = `:root{color-scheme:light dark;supported-color-schemes:light dark}
@media (prefers-color-scheme:dark){
.page{background:#16191d!important}
.card{background:#22272e!important;border-color:#3a424d!important}
.ink{color:#e6e9ed!important}
.soft{color:#a3adb8!important}
.spike{color:#ff8a80!important}
.dip{color:#82b1ff!important}
.line{border-color:#3a424d!important}
}
@media (max-width:480px){
.edge{padding:8px!important}
.card-cell{padding:16px!important}
.figure{font-size:32px!important;line-height:38px!important}
}`;

/** A link that closes the mail. */
export interface MailLink {
  readonly href: string;
  readonly label: string;
}

/** Writes the summary as a whole HTML document; every foreign text in it is escaped. */
export function mailHtml(
  summary: IncidentSummary,
  footer: { readonly lines: readonly string[]; readonly link: MailLink | null },
): string {
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(summary.subject)}</title><style>${STYLE_SHEET}</style></head>
<body class="page" style="margin:0;padding:0;background:#eef1f4;">
<table class="page" ${TABLE}><tr><td class="edge" align="center" style="padding:24px;">
<table ${TABLE.replace('style="', 'class="card" style="max-width:600px;background:#ffffff;border:1px solid #d5dbe1;border-radius:8px;')}>
<tr><td class="card-cell" style="padding:24px 28px;text-align:left;${FONT}">
${head(summary)}
${section('', factTable(summary.facts))}
${summary.anomalies.length === 0 ? '' : section('All anomalies of this incident, UTC', anomalyTable(summary))}
${section(summary.samplesTitle, sampleTable(summary.samples))}
${foot(footer)}
</td></tr></table>
</td></tr></table>
</body></html>
`;
}

function head({ headline, direction, value, comparison }: IncidentSummary): string {
  return `<h1 class="ink" style="margin:0;font-size:18px;line-height:24px;font-weight:600;color:#1f2933;word-break:break-word;">${escapeHtml(headline)}</h1>
<p class="figure ${direction}" style="margin:8px 0 0;font-size:40px;line-height:46px;font-weight:700;color:${COLOURS[direction]};">${escapeHtml(value)}</p>
<p class="soft" style="margin:0 0 16px;font-size:14px;line-height:20px;color:#5b6672;">${escapeHtml(comparison)}</p>`;
}

function section(title: string, content: string): string {
  const heading =
    title === ''
      ? ''
      : `<h2 class="ink" style="margin:0 0 8px;font-size:14px;line-height:20px;font-weight:600;color:#1f2933;">${escapeHtml(title)}</h2>`;
  return `<div class="line" style="border-top:1px solid #e3e8ed;padding:14px 0;">${heading}${content}</div>`;
}

function factTable(facts: readonly Fact[]): string {
  return `<table ${TABLE}>${facts.map(factRow).join('')}</table>`;
}

function factRow({ label, value }: Fact): string {
  return `<tr><td class="soft" style="${CELL}color:#5b6672;white-space:nowrap;width:1%;">${escapeHtml(label)}</td><td class="ink" style="${CELL}padding-right:0;color:#1f2933;word-break:break-word;">${escapeHtml(value)}</td></tr>`;
}

function anomalyTable({ anomalies, unlistedAnomalies }: IncidentSummary): string {
  const more = { label: '', value: `and ${unlistedAnomalies} more` };
  return factTable(unlistedAnomalies === 0 ? anomalies : [...anomalies, more]);
}

function sampleTable(samples: readonly SampleRow[]): string {
  return `<table ${TABLE}>${samples.map(sampleRow).join('\n')}</table>`;
}

function sampleRow({ time, temp, barPercent, direction }: SampleRow): string {
  const weight = direction === null ? '400' : '700';
  const cell = `padding:2px 10px 2px 0;font-size:13px;line-height:18px;font-weight:${weight};white-space:nowrap;width:1%;`;
  const mark =
    direction === null
      ? ''
      : `<td class="${direction}" style="${cell}padding-right:0;color:${COLOURS[direction]};">${direction}</td>`;
  return `<tr><td class="soft" style="${cell}color:#5b6672;">${time}</td><td class="ink" align="right" style="${cell}color:#1f2933;">${temp}</td><td${direction === null ? ' colspan="2"' : ''} style="padding:2px 10px 2px 0;">${bar(barPercent, COLOURS[direction ?? 'usual'])}</td>${mark}</tr>`;
}

function bar(percent: number, colour: string): string {
  return `<table ${TABLE}><tr><td width="${percent}%" bgcolor="${colour}" style="background:${colour};height:10px;line-height:10px;font-size:0;border-radius:3px;">&nbsp;</td><td style="font-size:0;line-height:10px;">&nbsp;</td></tr></table>`;
}

function foot({
  lines,
  link,
}: {
  readonly lines: readonly string[];
  readonly link: MailLink | null;
}): string {
  const button =
    link === null
      ? ''
      : `<p style="margin:4px 0 14px;"><a href="${escapeHtml(link.href)}" style="display:inline-block;padding:8px 14px;border-radius:6px;background:#1f5f8b;color:#ffffff;font-size:14px;line-height:20px;text-decoration:none;">${escapeHtml(link.label)}</a></p>`;
  const text = lines
    .map(
      (line) =>
        `<p class="soft" style="margin:0 0 4px;font-size:12px;line-height:16px;color:#5b6672;word-break:break-word;">${escapeHtml(line)}</p>`,
    )
    .join('');
  return section('', button + text);
}

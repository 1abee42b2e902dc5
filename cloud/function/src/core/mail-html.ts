/**
 * The HTML body of a mail.
 *
 * Tables with inline styles, because mail programs drop much else; one small style sheet adds what
 * they may ignore: dark colours and narrow screens. Nothing is loaded from anywhere: the pictures
 * come with the mail.
 */
import { STYLE_SHEET, TABLE, TONES } from './mail-style.ts';
import type { Fact, Figure, List, MailContent, Row, Tone } from './mail-parts.ts';
import { escapeHtml } from './wording.ts';

/** A button of the mail. */
export interface MailLink {
  readonly href: string;
  readonly label: string;
  readonly isMain: boolean;
}

/** A picture that came with the mail, in two colour schemes. */
export interface MailPicture {
  readonly lightId: string;
  readonly darkId: string;
  /** For those who do not see it. */
  readonly text: string;
  readonly caption: string;
  /** CSS pixels. */
  readonly width: number;
  readonly height: number;
}

/** What is shown with a mail's content. */
export interface MailExtras {
  readonly links: readonly MailLink[];
  readonly picture: MailPicture | null;
}

/** Writes the content as a whole HTML document; every foreign text in it is escaped. */
export function mailHtml(content: MailContent, { links, picture }: MailExtras): string {
  const { subject, preview, facts, lists, lineage, footer } = content;
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">
<title>${escapeHtml(subject)}</title><style>${STYLE_SHEET}</style></head>
<body class="page" style="margin:0;padding:0;background:#eef1f4;">
${previewText(preview)}
<table class="page" ${TABLE} style="border-collapse:collapse;background:#eef1f4;"><tr><td class="edge" align="center" style="padding:24px;">
<table class="card" ${TABLE} style="max-width:600px;background:#ffffff;border:1px solid #d5dbe1;border-radius:8px;border-collapse:separate;">
<tr><td class="card-cell" style="padding:24px 28px;text-align:left;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;">
${head(content)}
${buttons(links)}
${picture === null ? '' : pictures(picture)}
${section('', factTable(facts))}
${lists.map(list).join('\n')}
${lineage.length === 0 ? '' : section('Where it came from', factTable(lineage))}
${section('', footer.map(note).join(''))}
</td></tr></table>
</td></tr></table>
</body></html>
`;
}

/** Shown by inboxes after the subject, and nowhere else. */
function previewText(preview: string): string {
  // Without the filler inboxes would go on with the first words of the body.
  const filler = '&#847;&zwnj;&nbsp;'.repeat(40);
  return `<div style="display:none;max-height:0;overflow:hidden;mso-hide:all;">${escapeHtml(preview)}${filler}</div>`;
}

function head({ label, tone, headline, figure, lead }: MailContent): string {
  return `<p style="margin:0 0 10px;"><span class="${tone}-badge" style="display:inline-block;padding:2px 10px;border-radius:10px;background:${TONES[tone].badge};color:${TONES[tone].onBadge};font-size:12px;line-height:18px;font-weight:600;">${escapeHtml(label)}</span></p>
<h1 class="ink" style="margin:0;font-size:19px;line-height:26px;font-weight:600;color:#1f2933;word-break:break-word;">${escapeHtml(headline)}</h1>
${figure === null ? '' : figureOf(figure, tone)}
${lead.map((sentence) => `<p class="soft" style="margin:6px 0 0;font-size:14px;line-height:20px;color:#5b6672;word-break:break-word;">${escapeHtml(sentence)}</p>`).join('\n')}`;
}

function figureOf({ value, comparison }: Figure, tone: Tone): string {
  return `<p class="figure ${tone}" style="margin:8px 0 0;font-size:40px;line-height:46px;font-weight:700;color:${TONES[tone].ink};">${escapeHtml(value)}</p>
<p class="ink" style="margin:0 0 8px;font-size:14px;line-height:20px;color:#1f2933;word-break:break-word;">${escapeHtml(comparison)}</p>`;
}

function buttons(links: readonly MailLink[]): string {
  if (links.length === 0) return '<p style="margin:0;font-size:0;line-height:16px;">&nbsp;</p>';
  const cells = links.map(({ href, label, isMain }) => {
    const colours = isMain
      ? 'background:#1f5f8b;color:#ffffff;border:1px solid #1f5f8b;'
      : 'background:transparent;color:#1f5f8b;border:1px solid #8fb0c8;';
    const role = isMain ? '' : ' class="quiet-button"';
    return `<a${role} href="${escapeHtml(href)}" style="display:inline-block;margin:0 8px 8px 0;padding:9px 16px;border-radius:6px;${colours}font-size:14px;line-height:20px;font-weight:600;text-decoration:none;">${escapeHtml(label)}</a>`;
  });
  return `<div style="padding:16px 0 8px;">${cells.join('')}</div>`;
}

/** The light one everywhere; where dark colours are wanted and understood, the dark one instead. */
function pictures({ lightId, darkId, text, caption, width, height }: MailPicture): string {
  const image = (id: string, name: string, style: string, alt: string): string =>
    `<img class="${name}" src="cid:${escapeHtml(id)}" width="${width}" height="${height}" alt="${escapeHtml(alt)}" style="${style}width:100%;max-width:${width}px;height:auto;border:0;border-radius:6px;">`;
  return `<div style="padding:0 0 14px;">${image(lightId, 'light-picture', 'display:block;', text)}<!--[if !mso]><!-->${image(darkId, 'dark-picture', 'display:none;', text)}<!--<![endif]-->${note(caption)}</div>`;
}

function section(title: string, content: string): string {
  const heading =
    title === ''
      ? ''
      : `<h2 class="ink" style="margin:0 0 8px;font-size:14px;line-height:20px;font-weight:600;color:#1f2933;">${escapeHtml(title)}</h2>`;
  return `<div class="line" style="border-top:1px solid #e3e8ed;padding:14px 0;">${heading}${content}</div>`;
}

const CELL = 'padding:4px 12px 4px 0;vertical-align:top;font-size:14px;line-height:20px;';

function factTable(facts: readonly Fact[]): string {
  return `<table ${TABLE} style="border-collapse:collapse;">${facts.map(factRow).join('')}</table>`;
}

function factRow({ label, value }: Fact): string {
  return `<tr><td class="soft" style="${CELL}color:#5b6672;white-space:nowrap;width:1%;">${escapeHtml(label)}</td><td class="ink" style="${CELL}padding-right:0;color:#1f2933;word-break:break-word;">${escapeHtml(value)}</td></tr>`;
}

function list({ title, rows, more }: List): string {
  const rest = more === null ? '' : note(more);
  return section(
    title,
    `<table ${TABLE} style="border-collapse:collapse;">${rows.map(listRow).join('')}</table>${rest}`,
  );
}

function listRow({ left, leftNote, right, rightNote, tone }: Row): string {
  const cell = (main: string, below: string, style: string, role: string): string =>
    `<td style="padding:5px 12px 5px 0;vertical-align:top;width:50%;font-size:14px;line-height:19px;word-break:break-word;"><span class="${role}" style="${style}">${escapeHtml(main)}</span><br><span class="soft" style="font-size:12px;line-height:16px;color:#5b6672;">${escapeHtml(below)}</span></td>`;
  return `<tr>${cell(left, leftNote, 'font-weight:600;color:#1f2933;', 'ink')}${cell(right, rightNote, `color:${TONES[tone].ink};`, tone)}</tr>`;
}

function note(line: string): string {
  return `<p class="soft" style="margin:0 0 4px;font-size:12px;line-height:16px;color:#5b6672;word-break:break-word;">${escapeHtml(line)}</p>`;
}

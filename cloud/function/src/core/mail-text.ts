/** The plain-text body of a mail. */
import type { MailLink } from './mail-html.ts';
import type { Fact, List, MailContent } from './mail-parts.ts';
import { visible } from './wording.ts';

const LABEL_WIDTH = 14;

/** Writes the content as lines of text; foreign text in it can end no line. */
export function mailText(content: MailContent, links: readonly MailLink[]): string {
  const { label, headline, figure, lead, facts, lists, lineage, footer } = content;
  const lines = [
    `${label}: ${visible(headline)}`,
    ...(figure === null ? [] : [`${figure.value}, ${visible(figure.comparison)}`]),
    '',
    ...lead.map(visible),
    '',
    ...links.map(({ href, label: name }) => `${name}: ${href}`),
    ...(links.length === 0 ? [] : ['']),
    ...facts.map(factLine),
    ...lists.flatMap(listLines),
    ...(lineage.length === 0 ? [] : ['', 'Where it came from', ...lineage.map(factLine)]),
    '',
    ...footer.map(visible),
  ];
  return `${lines.join('\n')}\n`;
}

function factLine({ label, value }: Fact): string {
  return `${`${label}:`.padEnd(LABEL_WIDTH)} ${visible(value)}`;
}

function listLines({ title, rows, more }: List): string[] {
  return [
    '',
    title,
    ...rows.map(
      ({ left, leftNote, right, rightNote }) =>
        `  ${leftNote}  ${visible(left)}: ${right}, ${rightNote}`,
    ),
    ...(more === null ? [] : [`  ${more}`]),
  ];
}

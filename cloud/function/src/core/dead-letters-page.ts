/** The page of mails that nobody took. */
import type { ToIso } from './instants.ts';
import type { Mail } from './mail.ts';
import { subjectOf } from './mail-words.ts';
import { definitions, page, paragraph } from './page.ts';
import { counted, escapeHtml, fullInstant } from './wording.ts';

/** A mail as the page shows it. */
export interface ShownLetter {
  readonly id: string;
  readonly mail: Mail;
  readonly reason: string;
  readonly attempts: number;
  /** Epoch milliseconds. */
  readonly atMs: number;
}

export interface LettersView {
  readonly letters: readonly ShownLetter[];
  /** How many there are, about: more than `letters` when the page cannot hold them. */
  readonly count: number;
  /** What became of what was asked for; null at first. */
  readonly notice: string | null;
}

/** Lists the letters, each with a button to send it again and one to remove it. */
export function deadLettersPage({ letters, count, notice }: LettersView, toIso: ToIso): string {
  const said = notice === null ? '' : paragraph(notice);
  if (letters.length === 0) {
    return page('Mails that nobody took', `${said}${paragraph('There are none.')}`);
  }
  const more =
    count > letters.length
      ? paragraph(`These are the oldest ${letters.length} of about ${count}.`)
      : '';
  return page(
    'Mails that nobody took',
    said + more + letters.map((letter) => article(letter, toIso)).join(''),
  );
}

function article({ id, mail, reason, attempts, atMs }: ShownLetter, toIso: ToIso): string {
  const facts = definitions([
    { label: 'Kind', value: mail.kind },
    { label: 'To', value: mail.recipients.join(', ') },
    { label: 'Given up', value: fullInstant(toIso(atMs)) },
    { label: 'After', value: counted(attempts, 'attempt', 'attempts') },
    { label: 'Because', value: reason },
    { label: 'Incident', value: mail.incident },
  ]);
  const button = (action: string, label: string, role: string): string =>
    `<form method="post"><input type="hidden" name="id" value="${escapeHtml(id)}"><input type="hidden" name="action" value="${action}"><button type="submit"${role}>${label}</button></form>`;
  return `<article><h2>${escapeHtml(subjectOf(mail.model, toIso))}</h2>${facts}${button('send', 'Send again', '')}${button('remove', 'Remove', ' class="quiet"')}</article>`;
}

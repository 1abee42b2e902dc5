/**
 * Answers the page of dead letters: GET lists them, POST sends one again or removes it.
 *
 * A mail goes to whom the settings name now: a wrong address is why most are refused.
 */
import type { SiteDirectory } from './core/sites.ts';
import { deadLettersPage } from './core/dead-letters-page.ts';
import { isLetterGone, type DeadLetterQueue, type HeldLetter } from './dead-letter-queue.ts';
import { htmlAnswer, type HtmlAnswer } from './html-answer.ts';
import { TransportError, type Transport } from './transport.ts';

export interface DeadLetterServices {
  readonly deadLetters: Pick<DeadLetterQueue, 'list' | 'count' | 'hold'>;
  readonly transport: Transport;
  readonly settings: { readonly sites: Pick<SiteDirectory, 'recipientsOf'> };
}

/** What the page's form sends. */
export interface LetterRequest {
  readonly method: string;
  /** Fields of the form; empty for GET. */
  readonly form: URLSearchParams;
}

/**
 * Answers one request.
 *
 * @throws RestError when storage cannot be reached
 */
export async function answerDeadLetters(
  services: DeadLetterServices,
  { method, form }: LetterRequest,
): Promise<HtmlAnswer> {
  const notice = method === 'POST' ? await act(services, form) : null;
  const { deadLetters, settings } = services;
  const letters = (await deadLetters.list()).map((letter) => {
    const recipients = settings.sites.recipientsOf(letter.mail.site.id);
    return { ...letter, mail: { ...letter.mail, recipients } };
  });
  const view = { letters, count: await deadLetters.count(), notice };
  return htmlAnswer(200, deadLettersPage(view, toIso));
}

async function act(
  { deadLetters, transport, settings }: DeadLetterServices,
  form: URLSearchParams,
): Promise<string> {
  const held = await deadLetters.hold(form.get('id') ?? '');
  if (held === undefined) return 'This mail is gone, or somebody else is sending it.';
  if (form.get('action') === 'remove') {
    await finish(held);
    return 'The mail was removed.';
  }
  try {
    const { mail } = held.letter;
    await transport.send({ ...mail, recipients: settings.sites.recipientsOf(mail.site.id) });
  } catch (error) {
    await held.release();
    if (!(error instanceof TransportError)) throw error;
    return `It was not taken this time either: ${error.message}`;
  }
  await finish(held);
  return 'The mail was taken.';
}

/** Removes a letter; one that is gone already is no matter. */
async function finish(held: HeldLetter): Promise<void> {
  try {
    await held.finish();
  } catch (error) {
    if (!isLetterGone(error)) throw error;
  }
}

function toIso(atMs: number): string {
  return new Date(atMs).toISOString();
}

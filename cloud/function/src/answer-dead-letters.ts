/** Answers the page of dead letters: GET lists them, POST sends one again or removes it. */
import { deadLettersPage } from './core/dead-letters-page.ts';
import { isLetterGone, type DeadLetterQueue, type HeldLetter } from './dead-letter-queue.ts';
import { htmlAnswer, type HtmlAnswer } from './html-answer.ts';
import { TransportError, type Transport } from './transport.ts';

export interface DeadLetterServices {
  readonly deadLetters: Pick<DeadLetterQueue, 'list' | 'count' | 'hold'>;
  readonly transport: Transport;
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
  const { deadLetters } = services;
  const view = { letters: await deadLetters.list(), count: await deadLetters.count(), notice };
  return htmlAnswer(200, deadLettersPage(view, toIso));
}

async function act({ deadLetters, transport }: DeadLetterServices, form: URLSearchParams) {
  const held = await deadLetters.hold(form.get('id') ?? '');
  if (held === undefined) return 'This mail is gone, or somebody else is sending it.';
  if (form.get('action') === 'remove') {
    await finish(held);
    return 'The mail was removed.';
  }
  try {
    await transport.send(held.letter.mail);
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

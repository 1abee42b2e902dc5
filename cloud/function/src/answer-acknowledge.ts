/**
 * Answers the acknowledge link: GET shows a page with a button, POST acts.
 *
 * Invariants:
 * - GET changes nothing: programs that look for harmful mails open their links;
 * - doing it twice is the same as once;
 * - nothing of an incident is shown without its valid link.
 */
import { checkLink } from './acknowledge-link.ts';
import type { Acknowledgements } from './acknowledgements.ts';
import { acknowledgedPage, incidentPage, linkRefusedPage } from './core/acknowledge-page.ts';
import { htmlAnswer, type HtmlAnswer } from './html-answer.ts';

/** What the page needs. */
export interface AcknowledgeServices {
  readonly acknowledgements: Acknowledgements;
  /** Key of the links. Secret. */
  readonly key: string;
  /** The clock, epoch milliseconds. */
  readonly nowMs: () => number;
}

export interface LinkRequest {
  readonly method: string;
  readonly query: URLSearchParams;
}

/**
 * Answers one request.
 *
 * @throws RestError when storage cannot be reached
 */
export async function answerAcknowledge(
  { acknowledgements, key, nowMs }: AcknowledgeServices,
  { method, query }: LinkRequest,
): Promise<HtmlAnswer> {
  const link = checkLink(query, key, nowMs());
  if (link.kind === 'forged') return htmlAnswer(403, linkRefusedPage('forged'));
  if (link.kind === 'expired') return htmlAnswer(410, linkRefusedPage('expired'));
  const { siteId, incident } = link.target;
  const outcome =
    method === 'POST' ? await acknowledgements.acknowledge(siteId, incident) : undefined;
  const view = await acknowledgements.show(siteId, incident);
  if (view === undefined) return htmlAnswer(404, linkRefusedPage('unknown'));
  const isDone = outcome === 'acknowledged' && view.closedMs === null;
  return htmlAnswer(200, isDone ? acknowledgedPage(view, toIso) : incidentPage(view, toIso));
}

function toIso(atMs: number): string {
  return new Date(atMs).toISOString();
}

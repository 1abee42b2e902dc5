/**
 * Asks a Logic App by HTTP to send a mail: cloud/infra/logic-app/workflow.json answers once it has.
 *
 * The address of its trigger holds a signature that lets anybody send: it is in no log and no error.
 */
import { z } from 'zod';
import type { Mail } from '../core/mail.ts';
import type { LogicAppSettings } from '../mail-settings.ts';
import type { RenderedMail } from '../render-mail.ts';
import { TransportError, type Transport } from '../transport.ts';
import type { TransportContext } from './transport-context.ts';
import { withinTime } from './within-time.ts';

/** The request's body: the schema of the workflow's trigger is the same, and a test compares them. */
export const LogicAppRequest = z.strictObject({
  /** Addresses. */
  to: z.array(z.string().min(3)).min(1),
  subject: z.string().min(1),
  text: z.string(),
  html: z.string(),
  /** RFC 5322, with angle brackets. */
  messageId: z.string().min(3),
  inReplyTo: z.string().nullable(),
  references: z.array(z.string()),
  /** Further headers. */
  headers: z.array(z.strictObject({ name: z.string().min(1), value: z.string() })),
  /** Pictures that the HTML shows as `cid:<contentId>`; contents in base64. */
  attachments: z.array(
    z.strictObject({
      name: z.string().min(1),
      contentType: z.string().min(1),
      contentId: z.string().min(1),
      contentBytes: z.string().min(1),
    }),
  ),
});
export type LogicAppRequest = z.infer<typeof LogicAppRequest>;

/** Statuses that a later attempt may not meet again, though the workflow is reached. */
const PASSING = new Set([408, 409, 429]);
/** The trigger's address is wrong, its signature was renewed, or the workflow is disabled or gone. */
const MISCONFIGURED = new Set([401, 403, 404, 410]);

/** Sends through the Logic App of the settings. */
export function openLogicApp({ url }: LogicAppSettings, context: TransportContext): Transport {
  return {
    timeoutMs: context.timeoutMs,
    send: async (mail) => {
      await withinTime(context.timeoutMs, async (signal) => {
        const body = JSON.stringify(requestOf(mail, await context.render(mail)));
        await post(url, mail, { body, signal });
      });
    },
    close: () => undefined,
  };
}

async function post(
  url: string,
  { messageId }: Mail,
  request: { readonly body: string; readonly signal: AbortSignal },
): Promise<void> {
  // The tracking id finds the run in the Logic App's history.
  const headers = {
    'content-type': 'application/json',
    'x-ms-client-tracking-id': messageId.replace(/[<>]/g, ''),
  };
  // The cause may hold the address: it is left out.
  const response = await fetch(url, { method: 'POST', headers, ...request }).catch(() => {
    throw new TransportError('the Logic App cannot be reached', 'server');
  });
  await response.body?.cancel();
  if (response.ok) return;
  throw new TransportError(`the Logic App answered ${response.status}`, scopeOf(response.status));
}

function scopeOf(status: number): TransportError['scope'] {
  if (status >= 500 || MISCONFIGURED.has(status)) return 'server';
  return PASSING.has(status) ? 'mail' : 'refused';
}

function requestOf(mail: Mail, rendered: RenderedMail): LogicAppRequest {
  return {
    to: [...mail.recipients],
    subject: rendered.subject,
    text: rendered.text,
    html: rendered.html,
    messageId: mail.messageId,
    inReplyTo: mail.inReplyTo,
    references: [...mail.references],
    headers: Object.entries(mail.headers).map(([name, value]) => ({ name, value })),
    attachments: rendered.pictures.map(({ name, contentType, contentId, content }) => ({
      name,
      contentType,
      contentId,
      contentBytes: Buffer.from(content).toString('base64'),
    })),
  };
}

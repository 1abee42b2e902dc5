import type { FastifyInstance } from 'fastify';
import { ControlError } from '../../../wire/control-api.ts';
import type { Mail } from '../../core/mail.ts';
import type { ConsoleContext } from '../console-context.ts';

/**
 * A mail may carry styles and pictures of its own; nothing in it runs, loads or sends anything. Its
 * links open in a tab of their own, where no sandbox holds: the console cannot be reached from there.
 */
const MAIL_POLICY =
  "sandbox allow-popups allow-popups-to-escape-sandbox; default-src 'none'; style-src 'unsafe-inline'; img-src data:; " +
  "form-action 'none'; base-uri 'none'; frame-ancestors 'self'";

interface ById {
  Params: { id: string };
}

/** The mailbox. */
export function mailRoutes(app: FastifyInstance, { mails }: ConsoleContext): void {
  const find = async (id: string): Promise<Mail> => {
    const mail = await mails.read(id);
    if (mail === undefined) throw new ControlError(404, 'There is no such mail.');
    return mail;
  };

  app.get('/api/mails', () => mails.list());

  app.get<ById>('/api/mails/:id', async ({ params }) => {
    const { html, ...mail } = await find(params.id);
    return { ...mail, hasHtml: html !== null };
  });

  app.get<ById>('/api/mails/:id/html', async ({ params }, reply) => {
    const { html } = await find(params.id);
    // The headers of all other answers are set on the raw response, which these replace.
    reply.raw.setHeader('content-security-policy', MAIL_POLICY);
    return reply.type('text/html; charset=utf-8').send(withLinksInTabs(html ?? ''));
  });
}

/** The frame itself stays at the mail. */
function withLinksInTabs(html: string): string {
  const base = '<base target="_blank">';
  const withBase = html.replace(/<head[^>]*>/i, (head) => head + base);
  return withBase === html ? base + html : withBase;
}

/**
 * Sends mails over SMTP.
 *
 * Invariant: a mail that was not taken, or not in time, waits in no queue of the client: this app tries
 * it again. What is on the line when the time is over is in doubt: the server may still take it.
 */
import { createTransport, type SendMailOptions, type Transporter } from 'nodemailer';
import type { Mail } from '../core/mail.ts';
import type { SmtpSettings } from '../mail-settings.ts';
import type { RenderedMail } from '../render-mail.ts';
import { TransportError, type Transport } from '../transport.ts';
import type { TransportContext } from './transport-context.ts';
import { withinTime } from './within-time.ts';

/** Codes of nodemailer's errors that concern the server, not one mail. */
const SERVER_CODES = new Set([
  'ECONNECTION',
  'ECONNREFUSED',
  'ETIMEDOUT',
  'ESOCKET',
  'EDNS',
  'EAUTH',
  'ETLS',
  'ESTREAM',
]);
/** Replies of 550 and above to a mail are final: no such mailbox, too large, refused by policy. */
const FIRST_FINAL_REPLY = 550;

/** Sends through the configured server, over few connections that are kept open between mails. */
export function openSmtp(smtp: SmtpSettings, context: TransportContext): Transport {
  const { timeoutMs } = context;
  let transporter = openPool(smtp, timeoutMs);
  const renew = (late: Transporter): void => {
    if (transporter === late) transporter = openPool(smtp, timeoutMs);
    late.close();
  };
  return {
    timeoutMs,
    send: async (mail) => {
      await withinTime(timeoutMs, async (signal) => {
        const options = optionsOf(mail, await context.render(mail), context.from);
        signal.throwIfAborted();
        const used = transporter;
        signal.addEventListener('abort', () => renew(used), { once: true });
        await send(used, smtp, options);
      });
    },
    close: () => transporter.close(),
  };
}

function openPool(smtp: SmtpSettings, timeoutMs: number): Transporter {
  return createTransport({
    pool: true,
    maxConnections: 4,
    host: smtp.host,
    port: smtp.port,
    secure: smtp.tls === 'implicit',
    requireTLS: smtp.tls === 'starttls',
    ignoreTLS: smtp.tls === 'none',
    ...(smtp.login === null ? {} : { auth: smtp.login }),
    connectionTimeout: timeoutMs,
    greetingTimeout: timeoutMs,
    socketTimeout: timeoutMs,
    // A mail is made of strings: whatever they contain, no file and no address is read for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
}

function optionsOf(mail: Mail, rendered: RenderedMail, from: string): SendMailOptions {
  return {
    from,
    to: [...mail.recipients],
    subject: rendered.subject,
    text: rendered.text,
    html: rendered.html,
    messageId: mail.messageId,
    ...(mail.inReplyTo === null ? {} : { inReplyTo: mail.inReplyTo }),
    references: [...mail.references],
    headers: mail.headers,
    attachments: rendered.pictures.map(({ name, contentId, contentType, content }) => ({
      filename: name,
      cid: contentId,
      contentType,
      contentDisposition: 'inline' as const,
      content: Buffer.from(content),
    })),
  };
}

async function send(
  transporter: Transporter,
  { host, port }: SmtpSettings,
  options: SendMailOptions,
): Promise<void> {
  try {
    await transporter.sendMail(options);
  } catch (error) {
    const reason = error instanceof Error ? error.message : String(error);
    throw new TransportError(
      `${host}:${port} did not take the mail: ${reason}`,
      scopeOf(error),
      error,
    );
  }
}

function scopeOf(error: unknown): TransportError['scope'] {
  if (!(error instanceof Error)) return 'mail';
  if ('code' in error && SERVER_CODES.has(String(error.code))) return 'server';
  const reply = 'responseCode' in error ? Number(error.responseCode) : 0;
  return reply >= FIRST_FINAL_REPLY ? 'refused' : 'mail';
}

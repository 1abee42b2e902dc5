/** Sends mails over SMTP. */
import { createTransport, type Transporter } from 'nodemailer';
import type { SmtpSettings } from './env.ts';
import type { IncidentMail } from './core/incident-mail.ts';

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

/** The server did not take a mail. Whether it has it after all is not known for `isServerDown`. */
export class MailError extends Error {
  override readonly name = 'MailError';
  readonly code = 'MAIL_NOT_TAKEN';
  /** Other mails would fare no better now. */
  readonly isServerDown: boolean;

  constructor(message: string, isServerDown: boolean, cause?: unknown) {
    super(message, { cause });
    this.isServerDown = isServerDown;
  }
}

/** What the Function needs of a mail server. */
export interface Mailer {
  /**
   * Resolves when the server has taken the mail (its 250).
   *
   * @throws MailError when it has not, or did not say so in time
   */
  send(mail: IncidentMail, messageId: string): Promise<void>;
  close(): void;
}

/** Sends through the configured server, over few connections that are kept open between mails. */
export function openMailer(smtp: SmtpSettings): Mailer {
  const transport = createTransport({
    pool: true,
    maxConnections: 4,
    host: smtp.host,
    port: smtp.port,
    secure: smtp.tls === 'implicit',
    requireTLS: smtp.tls === 'starttls',
    ignoreTLS: smtp.tls === 'none',
    ...(smtp.login === null ? {} : { auth: smtp.login }),
    connectionTimeout: smtp.timeoutMs,
    greetingTimeout: smtp.timeoutMs,
    socketTimeout: smtp.timeoutMs,
    // A mail is made of strings: whatever they contain, no file and no address is read for it.
    disableFileAccess: true,
    disableUrlAccess: true,
  });
  return {
    send: (mail, messageId) => send(transport, smtp, mail, messageId),
    close: () => transport.close(),
  };
}

async function send(
  transport: Transporter,
  smtp: SmtpSettings,
  mail: IncidentMail,
  messageId: string,
): Promise<void> {
  const sent = transport.sendMail({
    from: smtp.from,
    to: smtp.to,
    subject: mail.subject,
    text: mail.text,
    html: mail.html,
    messageId,
    headers: { 'X-Incident': mail.incident, 'Auto-Submitted': 'auto-generated' },
  });
  try {
    await withinTime(sent, smtp.timeoutMs);
  } catch (error) {
    if (error instanceof MailError) throw error;
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    const reason = error instanceof Error ? error.message : String(error);
    throw new MailError(
      `${smtp.host}:${smtp.port} did not take the mail: ${reason}`,
      SERVER_CODES.has(code),
      error,
    );
  }
}

async function withinTime(sent: Promise<unknown>, timeoutMs: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(
      () => reject(new MailError(`no answer within ${timeoutMs / 1_000} s`, true)),
      timeoutMs,
    );
  });
  try {
    await Promise.race([sent, late]);
  } finally {
    clearTimeout(timer);
  }
}

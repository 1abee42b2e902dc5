/**
 * Sends mails through Azure Communication Services.
 *
 * The service has taken a mail when it answers 202; what becomes of it is asked for as long as there
 * is time. Sending again what was taken before makes no second mail: within five minutes the
 * repeatability headers tell the service, later the Message-ID, which it is told to check. Source:
 * learn.microsoft.com/rest/api/communication/repeatable-requests and
 * learn.microsoft.com/azure/communication-services/concepts/email/email-headers
 */
import { createHash } from 'node:crypto';
import {
  EmailClient,
  type EmailClientOptions,
  type EmailMessage,
} from '@azure/communication-email';
import { DefaultAzureCredential } from '@azure/identity';
import type { Mail } from '../core/mail.ts';
import type { CommunicationSettings } from '../mail-settings.ts';
import type { RenderedMail } from '../render-mail.ts';
import { TransportError, type Transport } from '../transport.ts';
import type { TransportContext } from './transport-context.ts';
import { withinTime } from './within-time.ts';

/** Statuses that concern the service or the app's right to use it, not one mail. */
const SERVICE_STATUSES = new Set([401, 403, 404, 408, 429]);
/** Another attempt is under way, or the clock is off: it may be tried again. */
const PASSING = new Set([409, 412]);

/** Sends through the service of the settings. */
export function openCommunicationServices(
  { connection }: CommunicationSettings,
  context: TransportContext,
): Transport {
  const client = openClient(connection);
  return {
    timeoutMs: context.timeoutMs,
    send: async (mail) => {
      const message = messageOf(mail, await context.render(mail), context.from);
      await send(
        client,
        { message, headers: repeatability(mail, context.nowMs()) },
        context.timeoutMs,
      );
    },
    close: () => undefined,
  };
}

function openClient(connection: string): EmailClient {
  const options: EmailClientOptions & { readonly allowInsecureConnection: boolean } = {
    // Only a stand-in on this machine is spoken to without TLS.
    allowInsecureConnection: /^(endpoint=)?http:\/\/(127\.0\.0\.1|localhost)[:/]/i.test(connection),
    retryOptions: { maxRetries: 2, retryDelayInMs: 500, maxRetryDelayInMs: 5_000 },
  };
  return /^https?:/i.test(connection)
    ? new EmailClient(connection, new DefaultAzureCredential(), options)
    : new EmailClient(connection, options);
}

/** Marks a request so that its retries are one request to the service. */
function repeatability({ messageId }: Mail, nowMs: number): Record<string, string> {
  return {
    'Repeatability-Request-ID': guidOf(messageId),
    'Repeatability-First-Sent': new Date(nowMs).toUTCString(),
  };
}

interface Request {
  readonly message: EmailMessage;
  readonly headers: Record<string, string>;
}

async function send(
  client: EmailClient,
  { message, headers }: Request,
  timeoutMs: number,
): Promise<void> {
  let taken = false;
  const onResponse = ({ status }: { readonly status: number }): void => {
    taken ||= status === 202;
  };
  try {
    await withinTime(timeoutMs, async (abortSignal) => {
      const requestOptions = { customHeaders: headers };
      const poller = await client.beginSend(message, { requestOptions, abortSignal, onResponse });
      await poller.pollUntilDone({ abortSignal });
    });
  } catch (error) {
    if (isGivenUp(error)) {
      throw new TransportError(`Communication Services: ${error.message}`, 'refused', error);
    }
    // What was taken, and then asked for without an answer, is under way all the same.
    if (!taken && !isDuplicate(error)) throw notTaken(error);
  }
}

/** The service took the mail and could not deliver it. */
function isGivenUp(error: unknown): error is Error {
  return error instanceof Error && /operation (has failed|was cancell?ed)/i.test(error.message);
}

function notTaken(error: unknown): TransportError {
  if (error instanceof TransportError) return error;
  const status = statusOf(error);
  const reason = error instanceof Error ? error.message : String(error);
  return new TransportError(
    `Communication Services did not take the mail: ${reason}`,
    scopeOf(status),
    error,
  );
}

function scopeOf(status: number | undefined): TransportError['scope'] {
  if (status === undefined || status >= 500 || SERVICE_STATUSES.has(status)) return 'server';
  return PASSING.has(status) ? 'mail' : 'refused';
}

/** The service knows this Message-ID: an earlier attempt was taken after all. */
function isDuplicate(error: unknown): boolean {
  if (statusOf(error) !== 400 || !(error instanceof Error)) return false;
  return /duplicate/i.test(error.message) && /message[\s-]*id/i.test(error.message);
}

function statusOf(error: unknown): number | undefined {
  const hasStatus = error instanceof Error && 'statusCode' in error;
  return hasStatus && typeof error.statusCode === 'number' ? error.statusCode : undefined;
}

function messageOf(mail: Mail, rendered: RenderedMail, from: string): EmailMessage {
  return {
    // The display name belongs to the sender's user name in the service.
    senderAddress: /<([^<>]+)>\s*$/.exec(from)?.[1] ?? from,
    recipients: { to: mail.recipients.map((address) => ({ address })) },
    content: { subject: rendered.subject, plainText: rendered.text, html: rendered.html },
    headers: {
      ...mail.headers,
      'Message-ID': mail.messageId,
      'x-ms-acsemail-validate-message-id': 'true',
      ...(mail.inReplyTo === null ? {} : { 'In-Reply-To': mail.inReplyTo }),
      ...(mail.references.length === 0 ? {} : { References: mail.references.join(' ') }),
    },
    attachments: rendered.pictures.map(({ name, contentType, contentId, content }) => ({
      name,
      contentType,
      contentId,
      contentInBase64: Buffer.from(content).toString('base64'),
    })),
    // Links stay as they are signed, and nobody is watched.
    disableUserEngagementTracking: true,
  };
}

/** A GUID that is the same for the same text. */
function guidOf(text: string): string {
  const hex = createHash('sha256').update(text).digest('hex');
  // Version 8, variant 1: RFC 9562, made from a hash of our own.
  const digits = `${hex.slice(0, 12)}8${hex.slice(13, 16)}a${hex.slice(17, 32)}`;
  return digits.replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

/**
 * The mail server of the local system: takes every mail over SMTP and delivers none.
 *
 * Invariants:
 * - a mail is on disk before the server answers 250;
 * - only this machine can reach it.
 */
import { join } from 'node:path';
import { SMTPServer, type SMTPServerDataStream } from 'smtp-server';
import type { LocalProcessContext, RunningService } from '../../wire/local-process.ts';
import { MailStore, type MailContent, type MailSummary } from './mail-store.ts';

/** Largest mail, bytes: ours are under 100 KiB. */
const MAX_MAIL_BYTES = 1024 * 1024;

export type { MailContent, MailSummary } from './mail-store.ts';

/** The mailbox and what its pages show. */
export interface Mailbox extends RunningService {
  /** All mails, the newest first. */
  list(): MailSummary[];
  /** One mail with its bodies; its HTML belongs in a sandboxed frame. */
  read(id: string): Promise<MailContent | undefined>;
  /** The bytes of a mail as they came (message/rfc822). */
  raw(id: string): Promise<Buffer | undefined>;
  /** Removes a mail; false when there is none with this id. */
  remove(id: string): Promise<boolean>;
}

/**
 * Starts the mail server on `ports.smtp`; mails are kept in `<stateFolder>/mailbox`.
 *
 * @throws Error naming the port when it is taken
 */
export async function startMailbox({ settings, log }: LocalProcessContext): Promise<Mailbox> {
  const store = new MailStore(join(settings.stateFolder, 'mailbox'));
  await store.load();
  const server = new SMTPServer({
    name: 'mailbox.localhost',
    banner: 'local mailbox, nothing is delivered',
    size: MAX_MAIL_BYTES,
    rejectOversized: true,
    authOptional: true,
    disabledCommands: ['AUTH', 'STARTTLS'],
    disableReverseLookup: true,
    closeTimeout: 200,
    onData: (stream, _session, callback) => {
      receive(store, stream).then(
        () => callback(),
        (error: unknown) => {
          log.error({ err: error }, 'mail not kept');
          callback(new Error('The mailbox could not keep the mail, try again'));
        },
      );
    },
  });
  server.on('error', (error) => log.warn({ err: error }, 'SMTP connection failed'));
  await listen(server, settings.ports.smtp);
  return {
    list: () => store.list(),
    read: (id) => store.read(id),
    raw: (id) => store.raw(id),
    remove: (id) => store.remove(id),
    stop: once(() => close(server)),
  };
}

async function receive(store: MailStore, stream: SMTPServerDataStream): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) {
    // The rest of an oversized mail is read, because SMTP has no other way to its end, but not kept.
    if (!stream.sizeExceeded) chunks.push(Buffer.from(chunk));
  }
  if (!stream.sizeExceeded) await store.add(Buffer.concat(chunks), Date.now());
}

function listen(server: SMTPServer, port: number): Promise<void> {
  return new Promise((resolve, reject) => {
    server.server.once('error', (error) => {
      reject(new Error(`The mailbox cannot listen on port ${port}: ${error.message}`));
    });
    server.listen(port, '127.0.0.1', resolve);
  });
}

function close(server: SMTPServer): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
  });
}

function once(action: () => Promise<void>): () => Promise<void> {
  let done: Promise<void> | undefined;
  return () => (done ??= action());
}

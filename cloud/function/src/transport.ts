/** What the app needs of whatever takes its mails, and of the place for those that nobody took. */
import type { Mail } from './core/mail.ts';

/** Takes mails: an SMTP server, Azure Communication Services, a Logic App. */
export interface Transport {
  /**
   * Longest that `send` may take, milliseconds: it has resolved or rejected by then.
   */
  readonly timeoutMs: number;
  /**
   * Resolves when the mail has been taken (for SMTP, its 250).
   *
   * @throws TransportError when it has not, or not within `timeoutMs`
   */
  send(mail: Mail): Promise<void>;
  close(): void;
}

/** A mail was not taken. Whether it was after all is not known when the server went away. */
export class TransportError extends Error {
  override readonly name = 'TransportError';
  readonly code = 'MAIL_NOT_TAKEN';
  /**
   * `server`: other mails would fare no better now; `mail`: only this one, it may be tried again;
   * `refused`: this mail will never be taken.
   */
  readonly scope: 'server' | 'mail' | 'refused';

  constructor(message: string, scope: 'server' | 'mail' | 'refused', cause?: unknown) {
    super(message, { cause });
    this.scope = scope;
  }
}

/** A mail that is not tried any more. */
export interface DeadLetter {
  readonly mail: Mail;
  /** Why the last attempt failed; without secrets. */
  readonly reason: string;
  readonly attempts: number;
  /** When it was given up, epoch milliseconds. */
  readonly atMs: number;
}

/** Where mails go that no transport took. */
export interface DeadLetters {
  /** Keeps a mail; it is durable when this resolves. The same mail may come twice, after a crash. */
  put(letter: DeadLetter): Promise<void>;
}

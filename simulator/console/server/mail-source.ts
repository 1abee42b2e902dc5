import type { Mail, MailSummary } from '../core/mail.ts';

/** The mailbox as the console needs it. */
export interface MailSource {
  /** Newest first. */
  list(): readonly MailSummary[];
  read(id: string): Promise<Mail | undefined>;
}

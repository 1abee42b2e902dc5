/** A mail in a list. */
export interface MailSummary {
  readonly id: string;
  readonly subject: string;
  /** The first line of its text. */
  readonly preview: string;
  /** Incident the mail is about, from its header; null for any other mail. */
  readonly incident: string | null;
  readonly from: string;
  readonly to: string;
  readonly receivedMs: number;
  /** How often it came; the mailbox folds copies with the same Message-ID. */
  readonly copies: number;
}

/** A mail to read. */
export interface Mail extends MailSummary {
  readonly text: string;
  /** Untrusted; shown only in a sandboxed frame. */
  readonly html: string | null;
}

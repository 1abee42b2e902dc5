/** What every transport works with. */
import type { Mail } from '../core/mail.ts';
import type { RenderedMail } from '../render-mail.ts';

export interface TransportContext {
  /** `Name <address>`, or an address. */
  readonly from: string;
  readonly timeoutMs: number;
  render(mail: Mail): Promise<RenderedMail>;
  /** The clock, epoch milliseconds. */
  readonly nowMs: () => number;
}

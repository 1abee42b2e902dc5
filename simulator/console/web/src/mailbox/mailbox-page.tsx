import type { MailSummary } from '../../../core/mail.ts';
import type { SystemStatus } from '../../../core/system-status.ts';
import { Card } from '../look/card.tsx';
import { SectionView } from '../look/section-view.tsx';
import { formatTime } from '../words.ts';
import { MailView } from './mail-view.tsx';

interface Props {
  readonly status: Partial<SystemStatus>;
  readonly openId: string | undefined;
}

/** The mails that the Function sent, and the one that is open. */
export function MailboxPage({ status, openId }: Props) {
  return (
    <SectionView section={status.mails}>
      {(mails) => {
        const shown = mails.find(({ id }) => id === decode(openId)) ?? mails[0];
        return (
          <div class="mailbox">
            <Card title="Mailbox" aside={<span class="muted">newest first</span>}>
              {mails.length === 0 ? (
                <p class="muted">No mail yet. Inject a spike into a meter that transmits.</p>
              ) : null}
              <ul class="mails">
                {mails.map((mail) => (
                  <li key={mail.id}>
                    <MailLink mail={mail} isOpen={mail.id === shown?.id} />
                  </li>
                ))}
              </ul>
            </Card>
            {shown === undefined ? null : (
              <MailView key={shown.id} mail={shown} thread={threadOf(shown, mails)} />
            )}
          </div>
        );
      }}
    </SectionView>
  );
}

function threadOf(mail: MailSummary, mails: readonly MailSummary[]): readonly MailSummary[] {
  return mail.incident === null ? [] : mails.filter(({ incident }) => incident === mail.incident);
}

function MailLink({ mail, isOpen }: { readonly mail: MailSummary; readonly isOpen: boolean }) {
  return (
    <a href={`#/mailbox/${encodeURIComponent(mail.id)}`} aria-current={isOpen ? 'true' : undefined}>
      <span class="mail-subject">{mail.subject}</span>
      <span>{mail.preview}</span>
      <span class="muted">
        {formatTime(mail.receivedMs)}
        {mail.copies > 1 ? `, ${mail.copies} copies` : ''}
      </span>
    </a>
  );
}

function decode(id: string | undefined): string | undefined {
  try {
    return id === undefined ? undefined : decodeURIComponent(id);
  } catch {
    return undefined;
  }
}

/** What takes mails, and keeps those that nobody took, by the app settings. */
import { acknowledgeLink } from './acknowledge-link.ts';
import { openDeadLetterQueue, type DeadLetterQueue } from './dead-letter-queue.ts';
import type { AppSettings } from './env.ts';
import type { MailSettings } from './mail-settings.ts';
import { renderMail, type MailLinks } from './render-mail.ts';
import type { Transport } from './transport.ts';
import { openCommunicationServices } from './transports/communication-services.ts';
import { openLogicApp } from './transports/logic-app.ts';
import { openSmtp } from './transports/smtp.ts';
import type { TransportContext } from './transports/transport-context.ts';

/**
 * Opens the transport and the dead letters.
 *
 * @throws RestError when storage cannot be reached
 */
export async function openMailServices(
  settings: Pick<AppSettings, 'storageConnectionString' | 'mail'>,
): Promise<{ readonly transport: Transport; readonly deadLetters: DeadLetterQueue }> {
  const { mail, storageConnectionString } = settings;
  return {
    transport: openTransport(mail, () => Date.now()),
    deadLetters: await openDeadLetterQueue(storageConnectionString, mail.deadLetterQueue),
  };
}

/** Opens the transport that the settings name. */
export function openTransport(settings: MailSettings, nowMs: () => number): Transport {
  const { transport, from, timeoutMs } = settings;
  const links = mailLinks(settings);
  const context: TransportContext = {
    from,
    timeoutMs,
    render: (mail) => renderMail(mail, links),
    nowMs,
  };
  switch (transport.kind) {
    case 'smtp':
      return openSmtp(transport, context);
    case 'communication-services':
      return openCommunicationServices(transport, context);
    case 'logic-app':
      return openLogicApp(transport, context);
  }
}

/** Where mails lead. */
export function mailLinks({ links, dashboardUrl }: MailSettings): MailLinks {
  return { acknowledge: (mail) => acknowledgeLink(mail, links), dashboardUrl };
}

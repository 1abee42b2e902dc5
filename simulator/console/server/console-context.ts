import type { Settings } from '../../wire/settings.ts';
import type { Archive } from './archive.ts';
import type { LiveStatus } from './live-status.ts';
import type { MailSource } from './mail-source.ts';

/** What the console's routes work with. */
export interface ConsoleContext {
  readonly settings: Settings;
  readonly live: LiveStatus;
  readonly mails: MailSource;
  readonly archive: Archive;
}

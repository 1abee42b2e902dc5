/** The console's pages over sample data, for one test file. */
import type { Mail } from '../../../simulator/console/core/mail.ts';
import { startPages } from '../../../simulator/console/server/console.ts';
import type { MailSource } from '../../../simulator/console/server/mail-source.ts';
import { createLogger } from '../../../simulator/wire/logger.ts';
import type { Settings } from '../../../simulator/wire/settings.ts';
import { CONSOLE_PAGE } from '../../support/pages.ts';
import { testSettings } from '../../support/settings.ts';
import { HOSTILE_ID, startSampleSystem, type SampleSystem } from './sample-system.ts';

export interface TestConsole {
  readonly settings: Settings;
  readonly system: SampleSystem;
  /** Without a slash at the end. */
  readonly url: string;
  stop(): Promise<void>;
}

/** Starts the pages; `manual` leaves registering to forms. */
export async function startTestConsole({ manual = false } = {}): Promise<TestConsole> {
  const test = await testSettings();
  const settings = { ...test.settings, meters: { ...test.settings.meters, manual } };
  const system = await startSampleSystem(settings);
  const log = createLogger('console', 'silent');
  const pages = await startPages({ settings, log }, SAMPLE_MAILS, CONSOLE_PAGE);
  return {
    settings,
    system,
    url: `http://127.0.0.1:${settings.ports.console}`,
    stop: async () => {
      await pages.stop();
      await system.stop();
      await test.cleanup();
    },
  };
}

const MAIL: Mail = {
  id: '0123456789abcdef0123456789abcdef',
  subject: `Spike on ${HOSTILE_ID}`,
  preview: `Alert: spike on ${HOSTILE_ID}`,
  incident: `${HOSTILE_ID}/2026-11-22T18:05:00Z`,
  from: 'Smart meters <alerts@lab.example>',
  to: 'facility@lab.example',
  receivedMs: Date.parse('2026-11-22T18:05:13Z'),
  copies: 2,
  text: `${HOSTILE_ID} measured 90.2 °F`,
  html: '<h1>Spike</h1><script>top.hacked = 1</script><p id="said">measured 90.2 °F</p>',
};

const SAMPLE_MAILS: MailSource = {
  list: () => [MAIL],
  read: async (id) => (id === MAIL.id ? MAIL : undefined),
};

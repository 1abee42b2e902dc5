import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ControlError, startControlApi } from '../../wire/control-api.ts';
import type { LocalProcessContext, RunningService } from '../../wire/local-process.ts';
import { startMailbox } from '../../azure/mailbox/mailbox.ts';
import { Archive } from './archive.ts';
import { LiveStatus } from './live-status.ts';
import type { MailSource } from './mail-source.ts';
import { StatusCollector } from './status-collector.ts';
import { createConsoleServer } from './web-server.ts';

/** The built page, seen from the compiled server. */
const WEB_FOLDER = fileURLToPath(new URL('../web', import.meta.url));

/** Starts the mailbox, the console's pages and its control API. */
export async function startConsole(context: LocalProcessContext): Promise<RunningService> {
  const mailbox = await startMailbox(context);
  const pages = await startPages(context, mailbox);
  const control = await startControlApi(context.settings, 'console', (app) => {
    app.get('/mails', () => mailbox.list());
    app.get<{ Params: { id: string } }>('/mails/:id', async ({ params }) => {
      const mail = await mailbox.read(params.id);
      if (mail === undefined) throw new ControlError(404, `There is no mail ${params.id}.`);
      return mail;
    });
    app.get('/status', () => ({ mails: mailbox.list().length }));
  });
  return {
    stop: async () => {
      await control.stop();
      await pages.stop();
      await mailbox.stop();
    },
  };
}

/**
 * Serves the console's pages from `webFolder`.
 *
 * @throws Error when the pages were not built or the port is occupied
 */
export async function startPages(
  { settings, log }: LocalProcessContext,
  mails: MailSource,
  webFolder: string = WEB_FOLDER,
): Promise<RunningService> {
  if (!existsSync(join(webFolder, 'index.html'))) {
    throw new Error(`The console's page is not in ${webFolder}. Build it with: npm run build`);
  }
  const collector = new StatusCollector(settings, mails);
  const live = new LiveStatus(() => collector.collect(), log);
  const archive = new Archive(settings);
  const app = createConsoleServer({ settings, live, mails, archive }, webFolder);
  await app.listen({ host: '127.0.0.1', port: settings.ports.console });
  return {
    stop: async () => {
      live.stop();
      await app.close();
    },
  };
}

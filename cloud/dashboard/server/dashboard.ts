import { existsSync } from 'node:fs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { SourceName } from '../core/page-message.ts';
import { BoardFeed } from './board-feed.ts';
import type { DashboardEnv, HubAddress } from './env.ts';
import { startHubFeed } from './hub-feed.ts';
import { PageStream } from './page-stream.ts';
import { createWebServer } from './web-server.ts';

/** The event hub client may be in the middle of dialling, which it does not interrupt. */
const CLIENT_CLOSE_MS = 1_000;

export interface RunningDashboard {
  /** For example `http://127.0.0.1:8080`. */
  readonly url: string;
  stop(): Promise<void>;
}

/**
 * Serves the page and follows the event hubs.
 *
 * @throws Error when the page was not built or the port is occupied
 */
export async function startDashboard(
  env: DashboardEnv,
  webFolder: string,
  log: Logger,
): Promise<RunningDashboard> {
  if (!existsSync(join(webFolder, 'index.html'))) {
    throw new Error(`The page is not in ${webFolder}. Build it with: npm run build`);
  }
  const pages = new PageStream();
  const feed = new BoardFeed((message) => pages.send(message));
  const app = createWebServer({ feed, pages, webFolder });
  const url = await app.listen({ host: env.host, port: env.port });
  const follow = (source: SourceName, address: HubAddress) =>
    startHubFeed(
      address,
      {
        event: (body) => feed.take(source, body),
        state: (state) => feed.setSource(source, state),
      },
      log,
    );
  const hubs = [follow('hotPath', env.hotPath), follow('alerts', env.alerts)];
  log.info({ url }, 'dashboard ready');
  return {
    url,
    stop: async () => {
      feed.stop();
      pages.close();
      await app.close();
      const deadline = new Promise((resolve) => setTimeout(resolve, CLIENT_CLOSE_MS).unref());
      await Promise.race([Promise.allSettled(hubs.map((hub) => hub.stop())), deadline]);
    },
  };
}

import { existsSync } from 'node:fs';
import { earliestEventPosition, type EventPosition } from '@azure/event-hubs';
import { join } from 'node:path';
import type { Logger } from 'pino';
import type { HubName } from '../core/page-message.ts';
import { BoardFeed } from './board-feed.ts';
import type { DashboardEnv, HubAddress } from './env.ts';
import { startHistory, type HistoryReader, type RunningHistory } from './history.ts';
import { startHubFeed } from './hub-feed.ts';
import { PageStream } from './page-stream.ts';
import { sqlHistory } from './sql-history.ts';
import { createWebServer } from './web-server.ts';

/** The event hub client may be in the middle of dialling, which it does not interrupt. */
const CLIENT_CLOSE_MS = 1_000;

export interface RunningDashboard {
  /** For example `http://127.0.0.1:8080`. */
  readonly url: string;
  stop(): Promise<void>;
}

/** With a history, the event hubs are read from this long before the start: the tables lag a little. */
const OVERLAP_MS = 3_600_000;

/**
 * Serves the page, reads the history and follows the event hubs.
 *
 * @param reader of the history, when it is not the database of `env`
 * @throws Error when the page was not built or the port is occupied
 */
export async function startDashboard(
  env: DashboardEnv,
  webFolder: string,
  log: Logger,
  reader: HistoryReader | undefined = env.sql && sqlHistory(env.sql),
): Promise<RunningDashboard> {
  if (!existsSync(join(webFolder, 'index.html'))) {
    throw new Error(`The page is not in ${webFolder}. Build it with: npm run build`);
  }
  const pages = new PageStream();
  const feed = new BoardFeed((message) => pages.send(message));
  const { authentication } = env;
  const app = createWebServer({ feed, pages, authentication, webFolder });
  const startedMs = Date.now();
  const url = await app.listen({ host: env.host, port: env.port });
  const history =
    reader && startHistory(reader, feed, (state) => feed.setSource('history', state), log);
  const hubs = followHubs(env, feed, { history, startedMs }, log);
  return {
    url,
    stop: async () => {
      feed.stop();
      pages.close();
      await app.close();
      await history?.stop();
      const deadline = new Promise((resolve) => setTimeout(resolve, CLIENT_CLOSE_MS).unref());
      await Promise.race([hubs.stop(), deadline]);
    },
  };
}

/** Follows both event hubs, from the end of the history, or from their beginning without one. */
function followHubs(
  env: DashboardEnv,
  feed: BoardFeed,
  { history, startedMs }: { history: RunningHistory | undefined; startedMs: number },
  log: Logger,
): { stop(): Promise<void> } {
  let running: { stop(): Promise<void> }[] = [];
  let stopped = false;
  const follow = (source: HubName, address: HubAddress, position: EventPosition) =>
    startHubFeed(
      address,
      position,
      {
        event: (body) => feed.take(source, body),
        state: (state) => feed.setSource(source, state),
      },
      log,
    );
  const started = (history?.begun ?? Promise.resolve(false)).then((isThere) => {
    if (stopped) return;
    const position = isThere
      ? { enqueuedOn: new Date(startedMs - OVERLAP_MS) }
      : earliestEventPosition;
    running = [follow('hotPath', env.hotPath, position), follow('alerts', env.alerts, position)];
  });
  return {
    stop: async () => {
      stopped = true;
      await started;
      await Promise.allSettled(running.map((hub) => hub.stop()));
    },
  };
}

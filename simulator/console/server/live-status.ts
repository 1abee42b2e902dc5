import type { ServerResponse } from 'node:http';
import type { Logger } from '../../wire/logger.ts';
import type { StatusMessage, SystemStatus } from '../core/system-status.ts';

const INTERVAL_MS = 1_000;
/** A page that reads slower than this is cut off and starts over. */
const MAX_UNSENT_BYTES = 8 * 1024 * 1024;

/** Collects the status every second while a page is open, and pushes what changed. */
export class LiveStatus {
  readonly #collect: () => Promise<SystemStatus>;
  readonly #log: Logger;
  readonly #pages = new Set<ServerResponse>();
  /** JSON of each section as the pages have it. */
  #known = new Map<string, string>();
  #timer: NodeJS.Timeout | undefined;
  #collecting: Promise<void> | undefined;
  #stopped = false;

  constructor(collect: () => Promise<SystemStatus>, log: Logger) {
    this.#collect = collect;
    this.#log = log;
  }

  /** Begins a stream of server-sent events; the first holds every section. */
  open(response: ServerResponse): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
    });
    response.write('retry: 1000\n\n');
    this.#pages.add(response);
    response.on('close', () => this.#pages.delete(response));
    this.#known = new Map();
    void this.refresh();
  }

  /** Collects now, for example after a click; resolves when the pages have been told. */
  async refresh(): Promise<void> {
    clearTimeout(this.#timer);
    // One that is under way may have read a process before the click reached it.
    await this.#collecting;
    if (this.#stopped || this.#pages.size === 0) return;
    this.#collecting ??= this.#collectAndPush().finally(() => (this.#collecting = undefined));
    await this.#collecting;
  }

  stop(): void {
    this.#stopped = true;
    clearTimeout(this.#timer);
    for (const page of this.#pages) page.end();
    this.#pages.clear();
  }

  async #collectAndPush(): Promise<void> {
    try {
      const status = await this.#collect();
      this.#push({ atMs: Date.now(), sections: this.#changed(status) });
    } catch (error) {
      this.#log.error({ err: error }, 'status not collected');
    }
    if (this.#stopped) return;
    clearTimeout(this.#timer);
    this.#timer = setTimeout(() => void this.refresh(), INTERVAL_MS);
  }

  #changed(status: SystemStatus): Partial<SystemStatus> {
    const changed = Object.entries(status).filter(([name, section]) => {
      const json = JSON.stringify(section);
      const isNews = this.#known.get(name) !== json;
      this.#known.set(name, json);
      return isNews;
    });
    return Object.fromEntries(changed);
  }

  #push(message: StatusMessage): void {
    const chunk = `data: ${JSON.stringify(message)}\n\n`;
    for (const page of this.#pages) {
      page.write(chunk);
      if (page.writableLength > MAX_UNSENT_BYTES) page.destroy();
    }
  }
}

import type { ServerResponse } from 'node:http';
import type { PageMessage } from '../core/page-message.ts';

/** A page that reads slower than this falls behind for good: it is cut off and starts over. */
const MAX_UNSENT_BYTES = 16 * 1024 * 1024;
/** A stream ends now and then, so that the page must show again that somebody is signed in. */
const LONGEST_STREAM_MS = 30 * 60_000;
/** Proxies close connections that are silent for a minute or so. */
const HEARTBEAT_MS = 15_000;

/** The open pages; each gets every message as a server-sent event. */
export class PageStream {
  readonly #pages = new Set<ServerResponse>();
  readonly #heartbeat = setInterval(() => this.#write(': alive\n\n'), HEARTBEAT_MS);

  constructor() {
    this.#heartbeat.unref();
  }

  /** Begins a stream with `first`; it ends when the page goes away. */
  open(response: ServerResponse, first: PageMessage): void {
    response.writeHead(200, {
      'content-type': 'text/event-stream; charset=utf-8',
      'cache-control': 'no-store',
      'x-accel-buffering': 'no',
    });
    response.write(`retry: 1000\n${encode(first)}`);
    this.#pages.add(response);
    const ending = setTimeout(() => response.end(), LONGEST_STREAM_MS).unref();
    response.on('close', () => {
      clearTimeout(ending);
      this.#pages.delete(response);
    });
  }

  send(message: PageMessage): void {
    this.#write(encode(message));
  }

  close(): void {
    clearInterval(this.#heartbeat);
    for (const page of this.#pages) page.end();
    this.#pages.clear();
  }

  #write(chunk: string): void {
    for (const page of this.#pages) {
      page.write(chunk);
      if (page.writableLength > MAX_UNSENT_BYTES) page.destroy();
    }
  }
}

function encode(message: PageMessage): string {
  return `data: ${JSON.stringify(message)}\n\n`;
}

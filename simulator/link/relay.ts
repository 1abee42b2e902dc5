/**
 * Passes TCP connections on to another port, byte by byte, while it is open.
 *
 * What is inside (TLS) goes through untouched. Shut, it resets every connection and each new one,
 * as a router does whose line is gone.
 *
 * Invariant: while the relay is shut, no byte passes.
 */
import { once } from 'node:events';
import { connect, createServer, type Server, type Socket } from 'node:net';

/** Where a relay listens and where it leads; ports on 127.0.0.1. */
export interface RelayRoute {
  readonly from: number;
  readonly to: number;
}

/** Bytes since the relay was started. */
export interface RelayTraffic {
  readonly connections: number;
  /** From the side that connected. */
  readonly bytesUp: number;
  readonly bytesDown: number;
}

interface Pair {
  readonly client: Socket;
  readonly upstream: Socket;
}

/** See the file comment. */
export class Relay {
  readonly #route: RelayRoute;
  readonly #server: Server;
  readonly #pairs = new Set<Pair>();
  #open: boolean;
  #bytesUp = 0;
  #bytesDown = 0;

  constructor(route: RelayRoute, open: boolean) {
    this.#route = route;
    this.#open = open;
    this.#server = createServer({ allowHalfOpen: true }, (client) => this.#accept(client));
  }

  /** Begins to listen. */
  async start(): Promise<void> {
    this.#server.listen(this.#route.from, '127.0.0.1');
    await once(this.#server, 'listening');
  }

  /** Lets connections through from now on. */
  open(): void {
    this.#open = true;
  }

  /** Resets all connections and lets none through. */
  shut(): void {
    this.#open = false;
    for (const { client, upstream } of this.#pairs) {
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    }
  }

  /** What passed so far. */
  traffic(): RelayTraffic {
    return {
      connections: this.#pairs.size,
      bytesUp: this.#bytesUp,
      bytesDown: this.#bytesDown,
    };
  }

  /** Ends all connections and listens no more. */
  async stop(): Promise<void> {
    this.shut();
    if (!this.#server.listening) return;
    this.#server.close();
    await once(this.#server, 'close');
  }

  #accept(client: Socket): void {
    if (!this.#open) {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect({ port: this.#route.to, host: '127.0.0.1', allowHalfOpen: true });
    const pair = { client, upstream };
    this.#pairs.add(pair);
    client.on('data', (chunk: Buffer) => (this.#bytesUp += chunk.length));
    upstream.on('data', (chunk: Buffer) => (this.#bytesDown += chunk.length));
    client.pipe(upstream);
    upstream.pipe(client);
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      // The other side sees the end of the connection; nobody here has to be told.
      socket.on('error', () => undefined);
      socket.on('close', () => this.#end(pair));
    }
  }

  #end(pair: Pair): void {
    this.#pairs.delete(pair);
    pair.client.destroy();
    pair.upstream.destroy();
  }
}

/** Something on the way to Blob Storage that counts requests and can interrupt them. */
import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** Where a request is interrupted: before it arrives, or when it has been done and not yet answered. */
export type Interruption = 'before' | 'after';

export class BlobProxy {
  /** Requests that came, by method and name. */
  readonly requests: string[] = [];
  readonly #server: Server;
  readonly #target: number;
  #interrupt:
    | {
        wanted: (request: string, number: number) => boolean;
        when: Interruption;
        act: () => Promise<void>;
      }
    | undefined;

  private constructor(target: number) {
    this.#target = target;
    this.#server = createServer((incoming, outgoing) => {
      void this.#pass(incoming).then(
        ({ status, headers, body }) => outgoing.writeHead(status, headers).end(body),
        () => outgoing.destroy(),
      );
    });
  }

  static async start(target: number): Promise<BlobProxy> {
    const proxy = new BlobProxy(target);
    proxy.#server.listen(0, '127.0.0.1');
    await once(proxy.#server, 'listening');
    return proxy;
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port;
  }

  /** Acts once, at the first request that is wanted, which then has no answer. */
  interrupt(
    wanted: (request: string, number: number) => boolean,
    when: Interruption,
    act: () => Promise<void>,
  ): void {
    this.#interrupt = { wanted, when, act };
  }

  async stop(): Promise<void> {
    this.#server.closeAllConnections();
    this.#server.close();
    await once(this.#server, 'close');
  }

  async #pass(incoming: IncomingMessage) {
    const name = `${incoming.method ?? ''} ${incoming.url?.split('?')[0] ?? ''}`;
    this.requests.push(name);
    const { wanted, when, act } = this.#interrupt ?? {};
    const isHit = wanted?.(name, this.requests.length) === true;
    if (isHit) this.#interrupt = undefined;
    const content = await buffer(incoming);
    if (isHit && when === 'before') await this.#cutOff(act);
    const answer = await this.#forward(incoming, content);
    if (isHit && when === 'after') await this.#cutOff(act);
    return answer;
  }

  async #cutOff(act: (() => Promise<void>) | undefined): Promise<never> {
    await act?.();
    throw new Error('interrupted');
  }

  async #forward({ method, url, headers }: IncomingMessage, content: Buffer) {
    const target = { host: '127.0.0.1', port: this.#target, path: url, method, headers };
    const outgoing = request(target);
    outgoing.end(content);
    const [answer] = (await once(outgoing, 'response')) as [IncomingMessage];
    const body = await buffer(answer);
    return { status: answer.statusCode ?? 502, headers: answer.headers, body };
  }
}

/** A workload API that signs, and can be told to fail in every way. */
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import type { AddressInfo, Socket } from 'node:net';

/** How it answers. */
export type WorkloadManner = 'answers' | 'never answers' | 'fails' | 'sends plain text';

export class WorkloadApi {
  /** For trust-bundle and sign, in this order of preference: the path's word, or both. */
  manner: WorkloadManner = 'answers';
  signManner: WorkloadManner | undefined;
  trustBundlePem: string;
  /** Called with each path that is asked for. */
  onAsked: (path: string) => void = () => {};
  /** Paths asked for. */
  readonly asked: string[] = [];
  /** Expiry of each token it signed, Unix seconds. */
  readonly signedExpiries: number[] = [];
  readonly #key = Buffer.from('key of the module');
  readonly #sockets = new Set<Socket>();
  #server: Server | undefined;
  #port = 0;

  constructor(trustBundlePem: string) {
    this.trustBundlePem = trustBundlePem;
  }

  get uri(): string {
    return `http://127.0.0.1:${this.#port}/`;
  }

  get openSockets(): number {
    return this.#sockets.size;
  }

  /** Listens, on the same port as before. */
  async start(): Promise<void> {
    this.#server = createServer((request, response) => void this.#answer(request, response));
    this.#server.on('connection', (socket) => {
      this.#sockets.add(socket);
      socket.once('close', () => this.#sockets.delete(socket));
    });
    this.#server.listen(this.#port, '127.0.0.1');
    await once(this.#server, 'listening');
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  async stop(): Promise<void> {
    const server = this.#server;
    this.#server = undefined;
    if (server === undefined) return;
    const closed = once(server, 'close');
    server.close();
    server.closeAllConnections();
    await closed;
  }

  /** Whether a password is a token that it signed. */
  signed(password: string): boolean {
    const [, resource = '', signature = '', expiry = ''] =
      /^SharedAccessSignature sr=([^&]+)&sig=([^&]+)&se=(\d+)$/.exec(password) ?? [];
    return this.#digest(`${resource}\n${expiry}`) === decodeURIComponent(signature);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const path = request.url ?? '';
    this.asked.push(path);
    this.onAsked(path);
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const isSign = path.startsWith('/modules/');
    const manner = (isSign ? this.signManner : undefined) ?? this.manner;
    if (manner === 'never answers') return;
    const status = manner === 'fails' ? 500 : 200;
    const type = manner === 'sends plain text' ? 'text/plain' : 'application/json';
    response.writeHead(status, { 'content-type': type });
    const body = isSign ? this.#signature(Buffer.concat(chunks)) : this.#trustBundle();
    response.end(JSON.stringify(status === 200 ? body : { message: 'told to fail' }));
  }

  #trustBundle(): { certificate: string } {
    return { certificate: this.trustBundlePem };
  }

  #signature(body: Buffer): { digest: string } {
    const { data } = JSON.parse(body.toString()) as { data: string };
    const text = Buffer.from(data, 'base64').toString();
    this.signedExpiries.push(Number(text.split('\n')[1]));
    return { digest: this.#digest(text) };
  }

  #digest(text: string): string {
    return createHmac('sha256', this.#key).update(text).digest('base64');
  }
}

import type {
  EdgeClient,
  EdgeHandlers,
  MethodResponse,
  OutputMessage,
} from '../../modules/shared/src/edge-client.ts';
import { EdgeError } from '../../modules/shared/src/edge-error.ts';
import { settled } from './fake-clock.ts';

/** What the fake knows of a delivered message. */
export interface Delivery {
  acknowledged: boolean;
}

/** An edgeHub in memory: delivers what a test gives it and remembers what was sent. */
export class FakeEdgeClient implements EdgeClient {
  readonly sent: OutputMessage[] = [];
  readonly reports: Readonly<Record<string, unknown>>[] = [];
  /** Sends stay without answer while true. */
  withholds = false;
  /** Sends fail while true, as without a connection. */
  fails = false;
  /** Sends of such messages fail. */
  refuses: (message: OutputMessage) => boolean = () => false;
  onAcknowledge: () => void = () => {};
  isConnected = false;
  #handlers: EdgeHandlers | undefined;
  readonly #withheld: (() => void)[] = [];

  start(handlers: EdgeHandlers): void {
    this.#handlers = handlers;
  }

  async send(message: OutputMessage): Promise<void> {
    if (this.fails || this.refuses(message)) throw new EdgeError('NOT_CONNECTED', 'no connection');
    this.sent.push(message);
    if (this.withholds) await new Promise<void>((resolve) => this.#withheld.push(resolve));
  }

  async report(patch: Readonly<Record<string, unknown>>): Promise<void> {
    this.reports.push(patch);
  }

  async close(): Promise<void> {}

  /** Answers the sends that were withheld. */
  async release(): Promise<void> {
    this.withholds = false;
    for (const resolve of this.#withheld.splice(0)) resolve();
    await settled();
  }

  connect(desired: Record<string, unknown> = {}, version = 1): void {
    this.isConnected = true;
    this.handlers.connected();
    this.handlers.desired({ version, properties: desired });
  }

  get handlers(): EdgeHandlers {
    if (this.#handlers === undefined) throw new Error('the module has not started');
    return this.#handlers;
  }

  /** Delivers without waiting for the acknowledgement. */
  offer(
    input: string,
    body: unknown,
    {
      messageId,
      properties = { '$.cdid': 'gateway-01', '$.cmid': 'tester' },
    }: { messageId?: string; properties?: Record<string, string> } = {},
  ): Delivery {
    const delivery: Delivery = { acknowledged: false };
    this.handlers.input({
      input,
      body: typeof body === 'string' ? body : JSON.stringify(body),
      messageId,
      properties,
      acknowledge: () => {
        delivery.acknowledged = true;
        this.onAcknowledge();
      },
    });
    return delivery;
  }

  /** Delivers and waits for the commit. */
  async deliver(input: string, body: unknown, more: Parameters<this['offer']>[2] = {}) {
    const delivery = this.offer(input, body, more);
    await settled();
    return delivery;
  }

  invoke(name: string, payload: unknown = {}): MethodResponse {
    const method = this.handlers.methods[name];
    if (method === undefined) throw new Error(`no method ${name}`);
    return method(payload);
  }

  /** The bodies sent on an output, parsed. */
  bodies(output: string): unknown[] {
    return this.sent
      .filter((message) => message.output === output)
      .map(({ body }) => JSON.parse(body) as unknown);
  }
}

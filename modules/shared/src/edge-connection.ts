/**
 * One client of Microsoft's SDK on one connection to edgeHub; replaced as a whole when that is lost.
 *
 * Invariants:
 * - it tells once that it is lost, whether edgeHub went, or went on without being of any use;
 * - an input message is handed over with its acknowledgement, or the module does not run at all;
 * - once it was lost or closed, or could not be opened, it leaves nothing behind and never dials again.
 */
import { isUtf8 } from 'node:buffer';
import azureIotDevice, { type ModuleClient as SdkClient } from 'azure-iot-device';
import type { Clock } from './clock.ts';
import { ConnectionWatch } from './connection-watch.ts';
import {
  deferringTransport,
  type AuthenticationProvider,
  type InputListener,
  type SdkMessage,
  type TransportConstructor,
} from './deferred-puback.ts';
import type { DesiredProperties, EdgeHandlers, OutputMessage } from './edge-client.ts';
import { EdgeError, messageOf } from './edge-error.ts';
import type { Logger } from './logger.ts';
import { called, inTime, NO_ANSWER } from './time-limit.ts';
import { TwinFollower } from './twin-follower.ts';
import type { WorkloadRequests } from './workload-requests.ts';

const { Message, ModuleClient } = azureIotDevice;

/** The SDK's own retries end after four minutes, and subscribe only part of what was subscribed. */
const NO_RETRY = { shouldRetry: () => false, nextRetryTimeout: () => 0 };

/** How long connecting may take: the workload API may never answer, and the SDK would wait for ever. */
const OPEN_MS = 60_000;
/**
 * How long edgeHub may take to acknowledge; it does so in milliseconds. The SDK has a limit, too, but
 * reads it off the wall clock: when that is set back an hour, it waits an hour.
 */
const PUBACK_MS = 30_000;
/** How long the SDK may take to close; the connection is gone anyway when the process ends. */
const CLOSE_MS = 2_000;

export interface EdgeConnectionOptions {
  readonly clock: Clock;
  readonly log: Logger;
  readonly workload: WorkloadRequests;
  readonly handlers: EdgeHandlers;
  /** Called once, when the connection stood and is lost. */
  lost(reason: Error): void;
}

export class EdgeConnection {
  readonly #options: EdgeConnectionOptions;
  readonly #watch: ConnectionWatch;
  #client: SdkClient | undefined;
  #twin: TwinFollower | undefined;
  #provider: AuthenticationProvider | undefined;
  /** What edgeHub has not acknowledged yet. */
  readonly #sending = new Set<Promise<unknown>>();
  #isOpen = false;
  #lost = false;

  constructor(options: EdgeConnectionOptions) {
    this.#options = options;
    this.#watch = new ConnectionWatch(options.clock, {
      renewed: () => void this.#twin?.follow(),
      broken: (reason) => this.#lose(reason),
    });
  }

  /**
   * Dials edgeHub and subscribes to everything.
   *
   * @throws EdgeError NOT_CONNECTED
   */
  async open(): Promise<void> {
    try {
      await this.#dial();
    } catch (error) {
      this.#lost = true;
      await this.#dispose({ inOrder: false });
      throw error;
    }
  }

  /** Reads the twin and hands it over; resolves when it was read, or the connection is gone. */
  async followTwin(): Promise<void> {
    await this.#twin?.follow();
  }

  /** Resolves when edgeHub has acknowledged; @throws EdgeError NOT_CONNECTED when it did not. */
  async send({ output, body, messageId, properties }: OutputMessage): Promise<void> {
    // A string, not a Buffer: the SDK prints the message as JSON on every send, a Buffer byte by byte.
    const message = new Message(body);
    message.messageId = messageId;
    message.contentType = 'application/json';
    message.contentEncoding = 'utf-8';
    for (const [key, value] of Object.entries(properties)) message.properties.add(key, value);
    const sending = this.#live().sendOutputEvent(output, message);
    this.#sending.add(sending);
    try {
      await inTime(this.#options.clock, PUBACK_MS, sending);
    } catch (error) {
      const reason = messageOf(error);
      if (reason === NO_ANSWER) this.#lose(new Error('edgeHub acknowledges nothing'));
      throw new EdgeError('NOT_CONNECTED', `not acknowledged: ${reason}`, error);
    } finally {
      this.#sending.delete(sending);
    }
  }

  /** Updates reported properties; @throws EdgeError NOT_CONNECTED when edgeHub did not take them. */
  async report(patch: Readonly<Record<string, unknown>>): Promise<void> {
    this.#live();
    await this.#twin?.report(patch);
  }

  /** Ends in order where it can, and tells nobody. */
  async close(): Promise<void> {
    if (this.#lost) return;
    this.#lost = true;
    const inOrder = this.#isOpen && (await this.#isQuiet());
    await this.#dispose({ inOrder });
  }

  /** Whether all that was sent is acknowledged soon: the SDK never closes in order before that. */
  async #isQuiet(): Promise<boolean> {
    try {
      await inTime(this.#options.clock, CLOSE_MS, Promise.allSettled(this.#sending));
      return true;
    } catch {
      return false;
    }
  }

  #live(): SdkClient {
    if (this.#lost || !this.#isOpen || this.#client === undefined) {
      throw new EdgeError('NOT_CONNECTED', 'no connection to edgeHub');
    }
    return this.#client;
  }

  async #dial(): Promise<void> {
    const { clock, log, handlers } = this.#options;
    const client = await inTime(clock, OPEN_MS, ModuleClient.fromEnvironment(this.#transport()));
    this.#client = client;
    client.setRetryPolicy(NO_RETRY);
    const broken = (reason: Error) => this.#lose(reason);
    const desired = (document: DesiredProperties) => handlers.desired(document);
    this.#twin = new TwinFollower({ client, clock, log, broken, desired });
    client.on('error', broken);
    client.on('disconnect', (result: { transportObj?: Error } | undefined) =>
      broken(result?.transportObj ?? new Error('connection closed')),
    );
    await inTime(clock, OPEN_MS, client.open());
    if (this.#lost) throw new EdgeError('NOT_CONNECTED', 'connection closed');
    this.#subscribe(client);
    this.#isOpen = true;
  }

  #transport(): TransportConstructor {
    const take: InputListener = (input, message, acknowledge) => {
      if (acknowledge === undefined) {
        // Checked at start; thrown here it ends the process before anything is lost.
        throw new EdgeError('ACKNOWLEDGEMENT_HOOK', 'An input message came past the hook.');
      }
      this.#options.handlers.input({
        input,
        body: String(message.data),
        isUtf8: !(message.data instanceof Uint8Array) || isUtf8(message.data),
        messageId: message.messageId === '' ? undefined : message.messageId,
        properties: propertiesOf(message),
        acknowledge,
      });
    };
    return deferringTransport(this.#watch.connect, take, {
      authenticates: (provider) => {
        this.#provider = provider;
      },
      unreadable: () => void this.#twin?.follow(),
    });
  }

  #subscribe(client: SdkClient): void {
    const { handlers, log } = this.#options;
    for (const [name, answer] of Object.entries(handlers.methods)) {
      client.onMethod(name, (request, response) => {
        const { status, payload } = answer(request?.payload);
        response?.send(status, payload, (error) => {
          if (error) log.warn({ method: name }, 'method response not delivered');
        });
      });
    }
    // The transport hands the messages over itself; a listener makes the SDK subscribe.
    client.on('inputMessage', () => undefined);
  }

  #lose(reason: Error): void {
    if (this.#lost) return;
    this.#lost = true;
    void this.#dispose({ inOrder: false });
    if (this.#isOpen) this.#options.lost(reason);
  }

  /** Out of order, what waits for an answer fails at once. */
  async #dispose({ inOrder }: { readonly inOrder: boolean }): Promise<void> {
    const client = this.#client;
    this.#twin?.end();
    client?.removeAllListeners('disconnect');
    this.#options.workload.abandon();
    if (!inOrder) await this.#watch.abort();
    if (client !== undefined) await this.#closeInTime(client);
    await this.#watch.abort();
    // A client that could not close in order would go on renewing its token for ever.
    stopRenewing(this.#provider);
  }

  async #closeInTime(client: SdkClient): Promise<void> {
    const { clock, log } = this.#options;
    try {
      await inTime(
        clock,
        CLOSE_MS,
        called((done) => client.close(done)),
      );
    } catch (error) {
      log.debug({ reason: messageOf(error) }, 'client not closed in order');
    }
  }
}

function stopRenewing(provider: AuthenticationProvider | undefined): void {
  if (provider === undefined || !('stop' in provider)) return;
  if (typeof provider.stop === 'function') provider.stop();
}

function propertiesOf(message: SdkMessage): Record<string, string> {
  return Object.fromEntries(message.properties.propertyList.map(({ key, value }) => [key, value]));
}

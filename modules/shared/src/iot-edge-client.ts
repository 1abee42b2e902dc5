/**
 * The one adapter over Microsoft's SDK.
 *
 * The SDK gives up for good after some failures, so nothing is left to its retries: whenever a
 * connection is lost the client is built anew, for ever, and the twin is read again.
 *
 * Invariants:
 * - a module connects again however long edgeHub is away;
 * - an input message is handed over with its acknowledgement, or the module does not run at all;
 * - after every connect, a renewed token's included, the whole set of desired properties is handed
 *   over.
 */
import azureIotDevice, { type ModuleClient as SdkClient, type Twin } from 'azure-iot-device';
import { BackOff } from './back-off.ts';
import type { Clock } from './clock.ts';
import {
  connectMqtt,
  deferringTransport,
  type InputListener,
  type SdkMessage,
  type TransportConstructor,
} from './deferred-puback.ts';
import type { EdgeClient, EdgeHandlers, OutputMessage } from './edge-client.ts';
import { EdgeError, messageOf } from './edge-error.ts';
import type { Logger } from './logger.ts';
import { PROBE_CONNECTION_STRING, verifyDeferredPuback } from './puback-probe.ts';

const { Message, ModuleClient } = azureIotDevice;

/** The SDK's own retries end after four minutes, and subscribe only part of what was subscribed. */
const NO_RETRY = { shouldRetry: () => false, nextRetryTimeout: () => 0 };

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;
/** How long connecting may take: the workload API may never answer, and the SDK would wait for ever. */
const OPEN_MS = 60_000;
/** How long a twin answer may take: a lost one never comes, because twin requests are QoS 0. */
const TWIN_ANSWER_MS = 10_000;
/** How long the SDK may take to close; the connection is gone anyway when the process ends. */
const CLOSE_MS = 2_000;

/**
 * Makes the client of this module from its environment: as edgeAgent sets it, or
 * `EdgeHubConnectionString` and `EdgeModuleCACertificateFile`.
 *
 * @throws EdgeError ACKNOWLEDGEMENT_HOOK when the installed SDK would acknowledge too early
 */
export async function createIotEdgeClient(clock: Clock, log: Logger): Promise<EdgeClient> {
  await verifyDeferredPuback((transport) =>
    ModuleClient.fromConnectionString(PROBE_CONNECTION_STRING, transport),
  );
  return new IotEdgeClient(clock, log);
}

/** One SDK client; replaced as a whole when its connection is lost. */
interface Connection {
  readonly client: SdkClient;
  twin: Twin | undefined;
  /** Version of the desired properties that was handed over last. */
  desiredVersion: number | undefined;
  lost: boolean;
}

class IotEdgeClient implements EdgeClient {
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #backOff = new BackOff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
  #connection: Connection | undefined;
  #cancelRetry = () => {};
  #closed = false;

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
  }

  start(handlers: EdgeHandlers): void {
    void this.#connect(handlers);
  }

  async send({ output, body, messageId, properties }: OutputMessage): Promise<void> {
    const { client } = this.#live();
    // A string, not a Buffer: the SDK prints the message as JSON on every send, a Buffer byte by byte.
    const message = new Message(body);
    message.messageId = messageId;
    message.contentType = 'application/json';
    message.contentEncoding = 'utf-8';
    for (const [key, value] of Object.entries(properties)) message.properties.add(key, value);
    try {
      await client.sendOutputEvent(output, message);
    } catch (error) {
      throw new EdgeError('NOT_CONNECTED', `not acknowledged: ${messageOf(error)}`, error);
    }
  }

  async report(patch: Readonly<Record<string, unknown>>): Promise<void> {
    const { twin } = this.#live();
    if (twin === undefined) throw new EdgeError('NOT_CONNECTED', 'the twin is not known yet');
    await this.#within(TWIN_ANSWER_MS, (done) => {
      twin.properties.reported['update'](patch, done);
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    this.#cancelRetry();
    const connection = this.#connection;
    this.#connection = undefined;
    if (connection !== undefined) await this.#dispose(connection);
  }

  #live(): Connection {
    if (this.#connection === undefined || this.#connection.lost) {
      throw new EdgeError('NOT_CONNECTED', 'no connection to edgeHub');
    }
    return this.#connection;
  }

  async #connect(handlers: EdgeHandlers): Promise<void> {
    let connection: Connection;
    try {
      connection = await this.#open(handlers);
      if (connection.lost) throw new Error('connection closed');
    } catch (error) {
      this.#retry(handlers, error);
      return;
    }
    if (this.#closed) return this.#dispose(connection);
    this.#connection = connection;
    this.#backOff.reset();
    this.#log.info('connected to edgeHub');
    handlers.connected();
    await this.#followTwin(connection, handlers);
  }

  #retry(handlers: EdgeHandlers, error: unknown): void {
    if (this.#closed) return;
    const delayMs = Math.round(this.#backOff.next(Math.random()));
    this.#log.warn({ reason: messageOf(error), delayMs }, 'not connected to edgeHub, trying again');
    this.#cancelRetry = this.#clock.after(delayMs, () => void this.#connect(handlers));
  }

  async #open(handlers: EdgeHandlers): Promise<Connection> {
    let renewed = () => {};
    const transport = this.#transport(handlers, () => renewed());
    const client = await this.#inTime(OPEN_MS, ModuleClient.fromEnvironment(transport));
    client.setRetryPolicy(NO_RETRY);
    const connection: Connection = {
      client,
      twin: undefined,
      desiredVersion: undefined,
      lost: false,
    };
    renewed = () => void this.#followTwin(connection, handlers);
    client.on('error', (error: Error) => this.#lose(connection, handlers, error));
    client.on('disconnect', (result: { transportObj?: Error } | undefined) =>
      this.#lose(connection, handlers, result?.transportObj ?? new Error('connection closed')),
    );
    try {
      await this.#inTime(OPEN_MS, client.open());
    } catch (error) {
      connection.lost = true;
      await this.#dispose(connection);
      throw error;
    }
    this.#subscribe(client, handlers);
    return connection;
  }

  #transport(handlers: EdgeHandlers, renewed: () => void): TransportConstructor {
    const take: InputListener = (input, message, acknowledge) => {
      if (acknowledge === undefined) {
        // Checked at start; thrown here it ends the process before anything is lost.
        throw new EdgeError('ACKNOWLEDGEMENT_HOOK', 'An input message came past the hook.');
      }
      handlers.input({
        input,
        body: String(message.data),
        messageId: message.messageId === '' ? undefined : message.messageId,
        properties: propertiesOf(message),
        acknowledge,
      });
    };
    return deferringTransport(connectMqtt, take, renewed);
  }

  #subscribe(client: SdkClient, handlers: EdgeHandlers): void {
    for (const [name, answer] of Object.entries(handlers.methods)) {
      client.onMethod(name, (request, response) => {
        const { status, payload } = answer(request?.payload);
        response?.send(status, payload, (error) => {
          if (error) this.#log.warn({ method: name }, 'method response not delivered');
        });
      });
    }
    // The transport hands the messages over itself; a listener makes the SDK subscribe.
    client.on('inputMessage', () => undefined);
  }

  /** Reads the twin until it answers, then follows its changes. */
  async #followTwin(connection: Connection, handlers: EdgeHandlers): Promise<void> {
    const backOff = new BackOff(1_000, 30_000);
    while (!connection.lost && !this.#closed) {
      try {
        await this.#readTwin(connection, handlers);
        return;
      } catch (error) {
        if (connection.lost) return;
        this.#log.warn({ reason: messageOf(error) }, 'twin not read, the last known one is kept');
        await new Promise<void>((resolve) => {
          this.#clock.after(backOff.next(Math.random()), resolve);
        });
      }
    }
  }

  async #readTwin(connection: Connection, handlers: EdgeHandlers): Promise<void> {
    const { client } = connection;
    const getTwin = () => this.#inTime(TWIN_ANSWER_MS, client.getTwin());
    const twin = await getTwin();
    if (connection.twin === undefined) {
      connection.twin = twin;
      twin.on('error', (error: Error) => this.#lose(connection, handlers, error));
      twin.on('properties.desired', () => this.#handDesired(connection, twin, handlers));
    }
    // A change between the first answer and the subscription would be missed.
    await getTwin();
  }

  /**
   * Hands over each version once. While the SDK waits for a twin its copy is empty, and an event
   * that it put off before then shows that: such a document, without version, is none.
   */
  #handDesired(connection: Connection, twin: Twin, handlers: EdgeHandlers): void {
    const { $version, ...properties }: Record<string, unknown> = { ...twin.properties.desired };
    if (connection.lost || typeof $version !== 'number') return;
    if ($version === connection.desiredVersion) return;
    connection.desiredVersion = $version;
    handlers.desired({ version: $version, properties });
  }

  #lose(connection: Connection, handlers: EdgeHandlers, reason: Error): void {
    if (connection.lost) return;
    connection.lost = true;
    const wasLive = this.#connection === connection;
    if (wasLive) this.#connection = undefined;
    void this.#dispose(connection);
    if (wasLive) this.#retry(handlers, reason);
  }

  async #dispose({ client }: Connection): Promise<void> {
    client.removeAllListeners('disconnect');
    try {
      await this.#within(CLOSE_MS, (done) => {
        client.close(done);
      });
    } catch (error) {
      this.#log.debug({ reason: messageOf(error) }, 'client not closed in order');
    }
  }

  /** Waits for a callback that may never come. */
  #within(limitMs: number, begin: (done: (error: unknown) => void) => void): Promise<void> {
    const called = new Promise<void>((resolve, reject) => {
      begin((error) => (error ? reject(error) : resolve()));
    });
    return this.#inTime(limitMs, called);
  }

  /** Waits for a promise that may never settle. */
  #inTime<T>(limitMs: number, promise: Promise<T>): Promise<T> {
    return new Promise((resolve, reject) => {
      const fail = (error: unknown): void =>
        reject(new EdgeError('NOT_CONNECTED', messageOf(error), error));
      const cancel = this.#clock.after(limitMs, () => fail(new Error('no answer in time')));
      promise.then(resolve, fail).finally(cancel);
    });
  }
}

function propertiesOf(message: SdkMessage): Record<string, string> {
  return Object.fromEntries(message.properties.propertyList.map(({ key, value }) => [key, value]));
}

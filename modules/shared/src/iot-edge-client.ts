/**
 * The one adapter over Microsoft's SDK.
 *
 * The SDK gives up for good after some failures, and goes on half deaf after others, so nothing is left
 * to its retries: whenever a connection is lost, or is of no use, the client is built anew, for ever,
 * and the twin is read again. `edge-connection.ts` is one such client.
 *
 * Invariants:
 * - a module connects again however long edgeHub is away;
 * - after every connect, a renewed token's included, the whole set of desired properties is handed
 *   over;
 * - attempts slow down until a connection has stood for a while.
 */
import azureIotDevice from 'azure-iot-device';
import { BackOff } from './back-off.ts';
import type { Clock } from './clock.ts';
import { ConnectionLog } from './connection-log.ts';
import type { EdgeClient, EdgeHandlers, OutputMessage } from './edge-client.ts';
import { EdgeConnection } from './edge-connection.ts';
import { EdgeError, messageOf } from './edge-error.ts';
import type { Logger } from './logger.ts';
import { PROBE_CONNECTION_STRING, verifyDeferredPuback } from './puback-probe.ts';
import { WorkloadRequests } from './workload-requests.ts';

const { ModuleClient } = azureIotDevice;

const FIRST_RETRY_MS = 100;
const LONGEST_RETRY_MS = 5_000;

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

class IotEdgeClient implements EdgeClient {
  isConnected = false;
  readonly #clock: Clock;
  readonly #log: Logger;
  readonly #connectionLog: ConnectionLog;
  readonly #workload = new WorkloadRequests();
  readonly #backOff = new BackOff(FIRST_RETRY_MS, LONGEST_RETRY_MS);
  #handlers: EdgeHandlers | undefined;
  #connection: EdgeConnection | undefined;
  #cancelRetry = () => {};

  constructor(clock: Clock, log: Logger) {
    this.#clock = clock;
    this.#log = log;
    this.#connectionLog = new ConnectionLog(clock, log);
  }

  start(handlers: EdgeHandlers): void {
    this.#handlers = handlers;
    this.#workload.start();
    void this.#connect(handlers);
  }

  async send(message: OutputMessage): Promise<void> {
    await this.#live().send(message);
  }

  async report(patch: Readonly<Record<string, unknown>>): Promise<void> {
    await this.#live().report(patch);
  }

  async close(): Promise<void> {
    this.isConnected = false;
    this.#handlers = undefined;
    this.#cancelRetry();
    this.#workload.stop();
    const connection = this.#connection;
    this.#connection = undefined;
    await connection?.close();
  }

  #live(): EdgeConnection {
    if (this.#connection === undefined) {
      throw new EdgeError('NOT_CONNECTED', 'no connection to edgeHub');
    }
    return this.#connection;
  }

  /** One attempt; `handlers` tell which start it belongs to, because a module may end and start again. */
  async #connect(handlers: EdgeHandlers): Promise<void> {
    const connection = new EdgeConnection({
      clock: this.#clock,
      log: this.#log,
      workload: this.#workload,
      handlers,
      lost: (reason) => this.#retry(handlers, reason),
    });
    this.#connection = connection;
    try {
      await connection.open();
    } catch (error) {
      this.#retry(handlers, error);
      return;
    }
    this.#connectionLog.connected();
    this.isConnected = true;
    handlers.connected();
    await connection.followTwin();
  }

  #retry(handlers: EdgeHandlers, error: unknown): void {
    if (this.#handlers !== handlers) return;
    this.isConnected = false;
    const wasSteady = this.#connectionLog.failed(messageOf(error));
    if (wasSteady) this.#backOff.reset();
    const delayMs = Math.round(this.#backOff.next(Math.random()));
    this.#cancelRetry = this.#clock.after(delayMs, () => void this.#connect(handlers));
  }
}

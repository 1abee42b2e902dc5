/**
 * The SDK's requests to the workload API, which it sends without a time limit and believes whatever comes
 * back.
 *
 * Invariants:
 * - a request that is no longer waited for leaves no socket open;
 * - an answer without a signature fails the attempt to connect, not the process.
 */
import { subscribe, unsubscribe } from 'node:diagnostics_channel';
import type { ClientRequest } from 'node:http';

/** Node tells of every HTTP request here. Source: nodejs.org/api/diagnostics_channel.html */
const REQUEST_START = 'http.client.request.start';
/** Source: Azure/iotedge, edgelet/api/workloadVersion_2018_06_28.yaml */
const WORKLOAD_PATH = /^\/(?:trust-bundle|modules\/[^/]+\/genid)\b/;

/** The requests of this process that have not been answered yet. */
export class WorkloadRequests {
  readonly #open = new Set<ClientRequest>();
  readonly #heard = (message: unknown): void => {
    const request = requestOf(message);
    if (request === undefined || !WORKLOAD_PATH.test(request.path)) return;
    this.#open.add(request);
    request.once('close', () => this.#open.delete(request));
  };

  start(): void {
    subscribe(REQUEST_START, this.#heard);
  }

  stop(): void {
    unsubscribe(REQUEST_START, this.#heard);
    this.abandon();
  }

  /** Nobody waits for their answers any more. */
  abandon(): void {
    for (const request of this.#open) request.destroy(new Error('given up'));
  }
}

function requestOf(message: unknown): ClientRequest | undefined {
  if (typeof message !== 'object' || message === null || !('request' in message)) return undefined;
  // Node's documentation says what is in the message; its types do not.
  return message.request as ClientRequest;
}

type ApiAnswered = (error: unknown, body: unknown, response: unknown) => void;

/**
 * Makes the SDK's token provider fail on an answer that holds no signature, which it would read in a
 * callback that nobody guards. A provider without a workload API stays as it is.
 */
export function checkSignatures(authentication: object): void {
  const api: unknown = Reflect.get(authentication, '_restApiClient');
  if (typeof api !== 'object' || api === null) return;
  const execute: unknown = Reflect.get(api, 'executeApiCall');
  if (typeof execute !== 'function') return;
  const checked = (...parts: unknown[]): void => {
    const done = parts.pop() as ApiAnswered;
    const answered: ApiAnswered = (error, body, response) => {
      if (error || hasDigest(body)) done(error, body, response);
      else done(new Error('the workload API sent no signature'), undefined, response);
    };
    Reflect.apply(execute, api, [...parts, answered]);
  };
  Reflect.set(api, 'executeApiCall', checked);
}

function hasDigest(body: unknown): boolean {
  return (
    typeof body === 'object' && body !== null && 'digest' in body && typeof body.digest === 'string'
  );
}

/**
 * One meter's connection to the hub or the gateway, over the official device SDK.
 *
 * Invariants:
 * - it is dialled again for ever, with a pause that grows to 5 s, until it is stopped;
 * - nothing is repeated behind the caller's back: the SDK's own retries are off, because they
 *   reorder messages, and give up for good after some failures.
 */
import common from 'azure-iot-common';
import deviceSdk from 'azure-iot-device';
import { Mqtt } from 'azure-iot-device-mqtt';
import { TpmError } from '../tpm/tpm-connection.ts';
import { identityResource } from '../wire/identity-name.ts';
import type { Credentials } from './credentials.ts';
import type { TelemetryConnection, TelemetryMessage } from './reading-sender.ts';

const { NoRetry } = common;
const { Client, ConnectionString, Message, SharedAccessSignatureAuthenticationProvider } =
  deviceSdk;

const FIRST_PAUSE_MS = 200;
const LONGEST_PAUSE_MS = 5_000;
const LONGEST_CLOSE_MS = 1_000;

export interface DeviceClientOptions {
  readonly credentials: Credentials;
  /** Signs for a key that is in a TPM; each connection lasts as long as its token. */
  readonly signToken?: (resource: string) => Promise<string>;
  /** `host:port` that is dialled: the gateway's, or the hub's own on this machine. */
  readonly gatewayHost: string;
  /** Certificate authority to trust, PEM; without it those that Node trusts. */
  readonly caPem?: string;
  readonly onConnected: (connection: TelemetryConnection) => void;
  /** Told after every failed attempt and every loss, with a sentence for people. */
  readonly onLost: (reason: string) => void;
}

/** Dials until `stop` is called, which may be called twice. */
export function keepConnected(options: DeviceClientOptions): { stop(): Promise<void> } {
  const stopping = new AbortController();
  const done = dialForEver(options, stopping.signal);
  return {
    stop: () => {
      stopping.abort();
      return done;
    },
  };
}

async function dialForEver(options: DeviceClientOptions, stopping: AbortSignal): Promise<void> {
  let pauseMs = FIRST_PAUSE_MS;
  while (!stopping.aborted) {
    let client: DeviceClient | undefined;
    try {
      client = await newClient(options);
      if (options.caPem !== undefined) await client.setOptions({ ca: options.caPem });
      await client.open();
      pauseMs = FIRST_PAUSE_MS;
      await serve(client, options, stopping);
    } catch (error) {
      if (!stopping.aborted) options.onLost(explain(error, options));
    }
    if (client !== undefined) await close(client);
    await pause(pauseMs * (0.5 + Math.random() / 2), stopping);
    pauseMs = Math.min(pauseMs * 2, LONGEST_PAUSE_MS);
  }
}

type DeviceClient = InstanceType<typeof Client>;

async function newClient(options: DeviceClientOptions): Promise<DeviceClient> {
  const { credentials, gatewayHost } = options;
  const client =
    'key' in credentials
      ? clientWithKey(credentials, gatewayHost)
      : await clientWithTpm(options, credentials);
  client.setRetryPolicy(new NoRetry());
  return client;
}

function clientWithKey(
  { assignedHub, deviceId, key }: Credentials & { key: string },
  gatewayHost: string,
): DeviceClient {
  const identity = ConnectionString.createWithSharedAccessKey(assignedHub, deviceId, key);
  return Client.fromConnectionString(`${identity};GatewayHostName=${gatewayHost}`, Mqtt);
}

/** A token of the TPM's; when it expires the hub closes, and the next connection has its own. */
async function clientWithTpm(
  { signToken, gatewayHost }: DeviceClientOptions,
  { assignedHub: host, deviceId }: Credentials,
): Promise<DeviceClient> {
  if (signToken === undefined) throw new Error('its key is in a TPM, and it has none');
  const sharedAccessSignature = await signToken(identityResource(host, { deviceId }));
  const identity = { host, deviceId, gatewayHostName: gatewayHost, sharedAccessSignature };
  const provider = new SharedAccessSignatureAuthenticationProvider(identity);
  return Client.fromAuthenticationProvider(provider, Mqtt);
}

/** Resolves when told to stop; rejects when the connection is lost. */
function serve(
  client: DeviceClient,
  { onConnected }: DeviceClientOptions,
  stopping: AbortSignal,
): Promise<void> {
  let stop: () => void = () => undefined;
  const served = new Promise<void>((resolve, reject) => {
    stop = resolve;
    client.on('disconnect', () => reject(new Error('the connection was closed')));
    stopping.addEventListener('abort', stop);
    if (stopping.aborted) resolve();
    else onConnected({ send: (message) => send(client, message).catch(rejecting(reject)) });
  });
  // The signal outlives the connection: it must not collect a listener of each.
  return served.finally(() => stopping.removeEventListener('abort', stop));
}

/** A message that was refused ends the connection, so that the order of what follows is kept. */
function rejecting(reject: (error: unknown) => void): (error: unknown) => never {
  return (error) => {
    reject(error);
    throw error;
  };
}

async function send(client: DeviceClient, { messageId, body }: TelemetryMessage): Promise<void> {
  // A string, not a Buffer: the SDK is a hundred times slower with large Buffers.
  const message = new Message(body);
  message.messageId = messageId;
  message.contentType = 'application/json';
  message.contentEncoding = 'utf-8';
  await client.sendEvent(message);
}

/** Some lost connections the SDK never finishes closing. */
async function close(client: DeviceClient): Promise<void> {
  const waiting = new AbortController();
  const closed = client.close().then(
    () => undefined,
    () => undefined,
  );
  await Promise.race([closed, pause(LONGEST_CLOSE_MS, waiting.signal)]);
  waiting.abort();
}

function explain(error: unknown, { gatewayHost }: DeviceClientOptions): string {
  const text = error instanceof Error ? error.message : String(error);
  if (error instanceof TpmError) return `${text} Trying again.`;
  if (/ECONNREFUSED|ECONNRESET|ENOTFOUND|ETIMEDOUT/.test(text)) {
    return `Nobody answers at ${gatewayHost}; trying again.`;
  }
  if (/Connection refused: (Not authorized|Bad username)/i.test(text)) {
    return (
      `${gatewayHost} refuses this meter: it is not adopted by the gateway, disabled, ` +
      'or its key is not valid any more; trying again.'
    );
  }
  return `The connection to ${gatewayHost} failed: ${text}; trying again.`;
}

function pause(durationMs: number, stopping: AbortSignal): Promise<void> {
  if (stopping.aborted) return Promise.resolve();
  return new Promise((resolve) => {
    const done = () => {
      clearTimeout(timer);
      stopping.removeEventListener('abort', done);
      resolve();
    };
    const timer = setTimeout(done, durationMs);
    stopping.addEventListener('abort', done);
  });
}

/** IoT Hub's REST as the gateway reaches it: through the link that can be cut. */
import { request } from 'node:https';
import { identityResource, type IdentityName } from '../wire/identity-name.ts';
import { signSasToken } from '../wire/sas-token.ts';

const API_VERSION = '2021-04-12';
const TOKEN_SECONDS = 3600;
const TIMEOUT_MS = 10_000;

export interface IotHubRestOptions {
  readonly hostName: string;
  readonly port: number;
  readonly caPem: string;
  /** Who calls: its own key signs. */
  readonly identity: IdentityName;
  readonly key: string;
}

/** An answer of the hub; `body` is its JSON, undefined when it has none. */
export interface RestAnswer {
  readonly status: number;
  readonly body: unknown;
}

/** Calls `path` (without the query) once. @throws Error when the hub cannot be reached */
export function callIotHub(
  options: IotHubRestOptions,
  call: { method: string; path: string; body?: unknown; headers?: Record<string, string> },
): Promise<RestAnswer> {
  const { hostName, port, caPem } = options;
  const text = call.body === undefined ? undefined : JSON.stringify(call.body);
  return new Promise((resolve, reject) => {
    const outgoing = request(
      {
        host: '127.0.0.1',
        port,
        servername: hostName,
        ca: caPem,
        agent: false,
        method: call.method,
        path: `${call.path}?api-version=${API_VERSION}`,
        timeout: TIMEOUT_MS,
        headers: {
          host: hostName,
          authorization: token(options),
          ...(text === undefined ? {} : { 'content-type': 'application/json; charset=utf-8' }),
          ...call.headers,
        },
      },
      (response) => {
        const chunks: Buffer[] = [];
        response.on('data', (chunk: Buffer) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () => {
          const body = parseBody(Buffer.concat(chunks).toString('utf8'));
          resolve({ status: response.statusCode ?? 0, body });
        });
      },
    );
    outgoing.on('timeout', () => outgoing.destroy(new Error(`no answer in ${TIMEOUT_MS} ms`)));
    outgoing.on('error', reject);
    outgoing.end(text);
  });
}

function token({ hostName, identity, key }: IotHubRestOptions): string {
  return signSasToken({
    resource: identityResource(hostName, identity),
    key,
    expirySeconds: Math.floor(Date.now() / 1000) + TOKEN_SECONDS,
  });
}

function parseBody(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/**
 * The e-mail service of Azure Communication Services, as its REST contract has it: HMAC signature,
 * JSON, repeatability, 202 with an operation to ask, duplicate Message-IDs refused.
 *
 * Source: learn.microsoft.com/rest/api/communication/email/send and its neighbours.
 */
import { createHash, createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { z } from 'zod';

const API_VERSION = '2025-09-01';
const REPEATS_WITHIN_MS = 300_000;
const GUID = /^[0-9a-f]{8}-([0-9a-f]{4}-){3}[0-9a-f]{12}$/;

const Address = z.strictObject({ address: z.email(), displayName: z.string().optional() });
const Message = z.strictObject({
  senderAddress: z.email(),
  content: z.strictObject({
    subject: z.string().min(1),
    plainText: z.string().optional(),
    html: z.string().optional(),
  }),
  recipients: z.strictObject({ to: z.array(Address).min(1) }),
  headers: z.record(z.string(), z.string()),
  attachments: z.array(
    z.strictObject({
      name: z.string(),
      contentType: z.string(),
      contentInBase64: z.base64(),
      contentId: z.string().optional(),
    }),
  ),
  userEngagementTrackingDisabled: z.boolean().optional(),
});
export type ServiceMessage = z.infer<typeof Message>;

/** What the service does with the next requests. */
export interface ServiceMood {
  /** Answers with this status instead of taking the mail. */
  refuseWith: number | undefined;
  /** Takes the mail, and hangs up before it says so. */
  losesAnswer: boolean;
  /** Knows no repeated requests any more, as after five minutes. */
  forgetsRequests: boolean;
  /** What becomes of mails that were taken. */
  outcome: 'Succeeded' | 'Failed' | 'Running';
}

export interface CommunicationService {
  readonly connectionString: string;
  readonly mood: ServiceMood;
  /** Mails that were taken. */
  readonly taken: readonly ServiceMessage[];
  /** Requests that came, as method and path. */
  readonly requests: readonly string[];
  stop(): Promise<void>;
}

interface Answer {
  readonly status: number;
  readonly body?: object;
  readonly headers?: Record<string, string>;
}

/** Starts the service on a free port of 127.0.0.1. */
export async function startCommunicationService(key: Buffer): Promise<CommunicationService> {
  const mood: ServiceMood = {
    refuseWith: undefined,
    losesAnswer: false,
    forgetsRequests: false,
    outcome: 'Succeeded',
  };
  const service = new EmailService(key, mood);
  const server = createServer((request, response) => void service.answer(request, response));
  await new Promise<void>((resolve) => {
    server.listen(0, '127.0.0.1', resolve);
  });
  const { port } = server.address() as AddressInfo;
  return {
    connectionString: `endpoint=http://127.0.0.1:${port}/;accesskey=${key.toString('base64')}`,
    mood,
    taken: service.taken,
    requests: service.requests,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}

class EmailService {
  readonly taken: ServiceMessage[] = [];
  readonly requests: string[] = [];
  readonly #key: Buffer;
  readonly #mood: ServiceMood;
  readonly #repeatable = new Map<string, { readonly body: string; readonly answer: Answer }>();
  readonly #messageIds = new Set<string>();

  constructor(key: Buffer, mood: ServiceMood) {
    this.#key = key;
    this.#mood = mood;
  }

  async answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(Buffer.from(chunk as Uint8Array));
    const body = Buffer.concat(chunks).toString('utf8');
    const url = new URL(request.url ?? '/', `http://${request.headers.host ?? ''}`);
    this.requests.push(`${request.method} ${url.pathname}`);
    const { status, headers, body: answer } = this.#decide(request, url, body);
    if (this.#mood.losesAnswer && status === 202) {
      this.#mood.losesAnswer = false;
      request.socket.destroy();
      return;
    }
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(answer ?? {}));
  }

  #decide(request: IncomingMessage, url: URL, body: string): Answer {
    if (!this.#isSigned(request, url, body)) return fault(401, 'Denied', 'Denied by the service');
    if (url.searchParams.get('api-version') !== API_VERSION) return fault(400, 'BadRequest', 'api');
    if (request.method === 'GET' && url.pathname.startsWith('/emails/operations/')) {
      return this.#operation(url.pathname.slice(19));
    }
    if (request.method === 'POST' && url.pathname === '/emails:send') {
      return this.#sendOnce(request, url, body);
    }
    return fault(404, 'NotFound', 'There is no such operation');
  }

  /** HMAC-SHA256 over method, path, date, host and content, as the service documents it. */
  #isSigned({ method, headers }: IncomingMessage, url: URL, body: string): boolean {
    const hash = createHash('sha256').update(body).digest('base64');
    const date = String(headers['x-ms-date']);
    const signed = `${method}\n${url.pathname}${url.search}\n${date};${url.host};${hash}`;
    const signature = createHmac('sha256', this.#key).update(signed).digest('base64');
    return (
      headers['x-ms-content-sha256'] === hash &&
      headers.authorization ===
        `HMAC-SHA256 SignedHeaders=x-ms-date;host;x-ms-content-sha256&Signature=${signature}`
    );
  }

  #sendOnce({ headers }: IncomingMessage, url: URL, body: string): Answer {
    const id = String(headers['repeatability-request-id']);
    const sentMs = Date.parse(String(headers['repeatability-first-sent']));
    if (!GUID.test(id) || Number.isNaN(sentMs)) return fault(400, 'BadRequest', 'repeatability');
    if (Date.now() - sentMs > REPEATS_WITHIN_MS) return fault(412, 'PreconditionFailed', 'too old');
    const known = this.#mood.forgetsRequests ? undefined : this.#repeatable.get(id);
    if (known !== undefined) {
      return known.body === body ? known.answer : fault(400, 'BadRequest', 'another request');
    }
    const answer = this.#send(url, body);
    if (answer.status === 202) this.#repeatable.set(id, { body, answer });
    return answer;
  }

  #send(url: URL, body: string): Answer {
    const { refuseWith } = this.#mood;
    if (refuseWith !== undefined) return fault(refuseWith, 'Refused', 'The service is not well');
    const parsed = Message.safeParse(JSON.parse(body));
    if (!parsed.success) return fault(400, 'BadRequest', z.prettifyError(parsed.error));
    const { headers } = parsed.data;
    const messageId = headers['Message-ID'] ?? '';
    const checks = headers['x-ms-acsemail-validate-message-id'] === 'true';
    if (checks && !/^<[^<>@\s]+@[^<>@\s]+\.[^<>@\s]+>$/.test(messageId)) {
      return fault(400, 'BadRequest', `Invalid Message-ID ${messageId}`);
    }
    if (checks && this.#messageIds.has(messageId)) {
      return fault(400, 'BadRequest', 'Duplicate Internet Message ID');
    }
    this.#messageIds.add(messageId);
    this.taken.push(parsed.data);
    const id = createHash('sha256').update(messageId).digest('hex').slice(0, 32);
    return {
      status: 202,
      body: { id, status: 'Running' },
      headers: {
        'operation-location': `${url.origin}/emails/operations/${id}?api-version=${API_VERSION}`,
        'retry-after': '0',
      },
    };
  }

  #operation(id: string): Answer {
    const status = this.#mood.outcome;
    const error =
      status === 'Failed' ? { error: { code: 'EmailDropped', message: 'Dropped' } } : {};
    return { status: 200, body: { id, status, ...error }, headers: { 'retry-after': '0' } };
  }
}

function fault(status: number, code: string, message: string): Answer {
  return { status, body: { error: { code, message } }, headers: { 'x-ms-error-code': code } };
}

/** Direct methods of connected clients, whoever calls them. */
import { randomUUID } from 'node:crypto';
import { identityId, type IdentityName } from '../../../wire/identity-name.ts';
import { methodRequestTopic } from '../../../wire/mqtt-topics.ts';
import type { Clients } from '../clients.ts';
import type { Sessions } from '../sessions/sessions.ts';

/** How long a client may take. Source: IoT Hub's default responseTimeoutInSeconds. */
const RESPONSE_TIMEOUT_MS = 30_000;
const NOT_FOUND = 404;
const TIMEOUT = 504;

/** What the method answered, or edgeHub instead of it: 404 not connected, 504 no answer. */
export interface MethodResponse {
  readonly status: number;
  /** JSON text; may be empty. */
  readonly payload: string;
}

interface PendingCall {
  readonly clientId: string;
  readonly answer: (response: MethodResponse) => void;
}

export class MethodCalls {
  readonly #clients: Clients;
  readonly #sessions: Sessions;
  readonly #pending = new Map<string, PendingCall>();

  constructor(clients: Clients, sessions: Sessions) {
    this.#clients = clients;
    this.#sessions = sessions;
  }

  /** Calls a method with a JSON payload; always resolves. */
  invoke(name: IdentityName, methodName: string, payload: string): Promise<MethodResponse> {
    const clientId = identityId(name);
    const connection = this.#clients.get(name);
    if (connection === undefined || !this.#sessions.has(clientId, 'methods')) {
      return Promise.resolve(refusal(NOT_FOUND, `${clientId} is not connected or has no methods`));
    }
    const requestId = randomUUID();
    return new Promise((resolve) => {
      const end = (response: MethodResponse) => {
        clearTimeout(timer);
        this.#pending.delete(requestId);
        resolve(response);
      };
      const late = () => end(refusal(TIMEOUT, `${clientId} did not answer ${methodName}`));
      const timer = setTimeout(late, RESPONSE_TIMEOUT_MS);
      this.#pending.set(requestId, { clientId, answer: end });
      connection.send(methodRequestTopic(methodName, requestId), payload);
    });
  }

  /** A client's response; one to a call that is over is ignored. */
  respond(clientId: string, requestId: string, response: MethodResponse): void {
    const call = this.#pending.get(requestId);
    if (call?.clientId === clientId) call.answer(response);
  }

  /** The client is gone: its calls are answered at once. */
  disconnected(clientId: string): void {
    for (const call of this.#pending.values()) {
      if (call.clientId !== clientId) continue;
      call.answer(refusal(NOT_FOUND, `${clientId} disconnected before it answered`));
    }
  }
}

function refusal(status: number, message: string): MethodResponse {
  return { status, payload: JSON.stringify({ message }) };
}

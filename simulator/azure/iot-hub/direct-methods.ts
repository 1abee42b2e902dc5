/**
 * Direct methods: a request to a connected device or module and its answer.
 *
 * Source: learn.microsoft.com/azure/iot-hub/iot-hub-devguide-direct-methods
 */
import { randomUUID } from 'node:crypto';
import { identityId, type IdentityName } from '../../wire/identity-name.ts';
import { methodRequestTopic } from '../../wire/mqtt-topics.ts';
import type { Json } from '../../wire/twin-document.ts';
import { IotHubError } from './iot-hub-error.ts';
import type { HubConnection, Sessions } from './sessions.ts';

export interface MethodCall {
  readonly methodName: string;
  readonly payload: Json;
  /** How long the client may take to answer. */
  readonly responseTimeoutSeconds: number;
  /** How long to wait for a client that is not connected. */
  readonly connectTimeoutSeconds: number;
}

export interface MethodAnswer {
  readonly status: number;
  readonly payload: Json;
}

interface PendingCall {
  readonly connection: HubConnection;
  readonly resolve: (answer: MethodAnswer) => void;
  readonly reject: (error: Error) => void;
}

export class DirectMethods {
  readonly #sessions: Pick<Sessions, 'waitForSubscription'>;
  readonly #pending = new Map<string, PendingCall>();

  constructor(sessions: Pick<Sessions, 'waitForSubscription'>) {
    this.#sessions = sessions;
  }

  /** @throws IotHubError DeviceNotOnline, GatewayTimeout */
  async invoke(name: IdentityName, call: MethodCall): Promise<MethodAnswer> {
    const timeoutMs = call.connectTimeoutSeconds * 1000;
    const connection = await this.#sessions.waitForSubscription(name, 'methods', timeoutMs);
    if (connection === undefined) throw notOnline(name);
    const requestId = randomUUID();
    const answer = this.#answerTo(requestId, connection, call.responseTimeoutSeconds);
    connection.send(methodRequestTopic(call.methodName, requestId), JSON.stringify(call.payload));
    return answer;
  }

  /** A client's answer; one that nobody waits for any more is ignored. */
  answer(connection: HubConnection, requestId: string, answer: MethodAnswer): void {
    const pending = this.#pending.get(requestId);
    if (pending?.connection === connection) pending.resolve(answer);
  }

  /** The client is gone: whoever waits for its answers learns it now. */
  disconnected(connection: HubConnection): void {
    for (const pending of this.#pending.values()) {
      if (pending.connection === connection) pending.reject(notOnline(connection.identity.name));
    }
  }

  async #answerTo(
    requestId: string,
    connection: HubConnection,
    timeoutSeconds: number,
  ): Promise<MethodAnswer> {
    let timer: NodeJS.Timeout | undefined;
    try {
      return await new Promise<MethodAnswer>((resolve, reject) => {
        this.#pending.set(requestId, { connection, resolve, reject });
        timer = setTimeout(() => reject(timedOut(timeoutSeconds)), timeoutSeconds * 1000);
      });
    } finally {
      clearTimeout(timer);
      this.#pending.delete(requestId);
    }
  }
}

function notOnline(name: IdentityName): IotHubError {
  return new IotHubError('DeviceNotOnline', `'${identityId(name)}' is not connected.`);
}

function timedOut(seconds: number): IotHubError {
  return new IotHubError('GatewayTimeout', `No answer from the device within ${seconds} s.`);
}

/**
 * IoT Hub's MQTT side: devices and modules connect, send telemetry, use their twins and answer
 * direct methods.
 *
 * Invariants: telemetry is acknowledged after it is on disk in the event log.
 */
import { randomUUID } from 'node:crypto';
import { identityId } from '../../wire/identity-name.ts';
import type { Logger } from '../../wire/logger.ts';
import type {
  ConnectAnswer,
  MqttConnect,
  MqttHandler,
  MqttPublish,
  Qos,
  SubscribeAnswer,
} from '../../wire/mqtt-front/types.ts';
import { parsePublishedTopic, twinResponseTopic } from '../../wire/mqtt-topics.ts';
import {
  deviceView,
  parseJsonObject,
  type Json,
  type TwinError,
} from '../../wire/twin-document.ts';
import type { EventLog } from '../event-hubs/event-log.ts';
import { logIn, type LoginParts } from './device-login.ts';
import type { DirectMethods } from './direct-methods.ts';
import type { HubClient, HubConnection, Sessions } from './sessions.ts';
import { telemetryEvent } from './telemetry.ts';
import type { Twins } from './twins.ts';

/** Return code of CONNACK: not authorized. */
const NOT_AUTHORIZED = 5;

export interface DeviceFrontParts extends LoginParts {
  /** Name of the event hub that telemetry goes to. */
  readonly builtInEndpoint: string;
  readonly eventLog: Pick<EventLog, 'append'>;
  readonly sessions: Sessions;
  readonly twins: Twins;
  readonly methods: DirectMethods;
  readonly log: Logger;
}

export class DeviceFront implements MqttHandler<HubClient> {
  readonly #parts: DeviceFrontParts;

  constructor(parts: DeviceFrontParts) {
    this.#parts = parts;
  }

  async connect(request: MqttConnect): Promise<ConnectAnswer<HubClient>> {
    const { sessions, log } = this.#parts;
    const login = logIn(this.#parts, request);
    if ('refusal' in login) {
      log.warn({ clientId: request.clientId, reason: login.refusal }, 'CONNECT refused');
      return { accepted: false, returnCode: NOT_AUTHORIZED };
    }
    const { cleanSession } = request;
    const { present, subscriptions } = await sessions.resume(login.name, cleanSession);
    const identity = { ...login, cleanSession, subscriptions };
    return { accepted: true, sessionPresent: present, identity };
  }

  connected(connection: HubConnection): void {
    this.#parts.sessions.add(connection);
  }

  disconnected(connection: HubConnection): void {
    this.#parts.sessions.remove(connection);
    this.#parts.methods.disconnected(connection);
  }

  async subscribe(
    connection: HubConnection,
    filters: readonly { readonly topic: string; readonly qos: Qos }[],
  ): Promise<SubscribeAnswer[]> {
    const answers = filters.map(async ({ topic, qos }): Promise<SubscribeAnswer> => {
      return (await this.#parts.sessions.subscribe(connection, topic)) ? qos : 128;
    });
    return Promise.all(answers);
  }

  async unsubscribe(connection: HubConnection, filters: readonly string[]): Promise<void> {
    const { sessions } = this.#parts;
    await Promise.all(filters.map((filter) => sessions.unsubscribe(connection, filter)));
  }

  async publish(connection: HubConnection, { topic, payload }: MqttPublish): Promise<void> {
    this.#parts.sessions.touch(connection.clientId);
    const parsed = parsePublishedTopic(topic);
    switch (parsed.kind) {
      case 'telemetry': {
        if (identityId(parsed) !== connection.clientId) throw new Error('not its own topic');
        return this.#append(connection, payload, parsed.bag);
      }
      case 'twinGet':
        return this.#sendTwin(connection, parsed.requestId);
      case 'reportedPatch':
        return this.#report(connection, parsed.requestId, payload);
      case 'methodResponse': {
        const { requestId, status } = parsed;
        const answer = { status, payload: parseJson(payload.toString('utf8')) };
        return this.#parts.methods.answer(connection, requestId, answer);
      }
      case 'unknown':
        throw new Error(`IoT Hub has no topic '${topic}'`);
    }
  }

  async #append(
    { identity }: HubConnection,
    payload: Buffer,
    bag: Record<string, string>,
  ): Promise<void> {
    const { eventLog, builtInEndpoint } = this.#parts;
    const event = telemetryEvent(identity, payload, bag);
    await eventLog.append(builtInEndpoint, { partitionKey: identity.name.deviceId }, [event]);
  }

  #sendTwin(connection: HubConnection, requestId: string): void {
    const { desired, reported } = this.#parts.twins.get(connection.identity.name);
    const body = { desired: deviceView(desired), reported: deviceView(reported) };
    this.#answer(connection, twinResponseTopic(200, requestId), JSON.stringify(body));
  }

  async #report(connection: HubConnection, requestId: string, payload: Buffer): Promise<void> {
    const patch = parseJsonObject(payload.toString('utf8'));
    if (patch === undefined) {
      const message = 'The reported properties must be a JSON object.';
      return this.#refuse(connection, requestId, { errorCode: 400, message });
    }
    const result = await this.#parts.twins.patchReported(connection.identity.name, patch);
    if (!result.accepted) return this.#refuse(connection, requestId, result.error);
    this.#answer(connection, twinResponseTopic(204, requestId, result.section.version), '');
  }

  /** The SDK looks for `errorCode` in the body only; an empty body would mean success to it. */
  #refuse(connection: HubConnection, requestId: string, error: TwinError): void {
    const body = { ...error, trackingId: randomUUID(), timestampUtc: new Date().toISOString() };
    const topic = twinResponseTopic(error.errorCode, requestId);
    this.#answer(connection, topic, JSON.stringify(body));
  }

  #answer(connection: HubConnection, topic: string, body: string): void {
    if (connection.identity.subscriptions.has('twinResponses')) connection.send(topic, body);
  }
}

/** The answer of a method: JSON, or text as it came when it is not. */
function parseJson(text: string): Json {
  if (text === '') return null;
  try {
    return JSON.parse(text) as Json;
  } catch {
    return text;
  }
}

/**
 * Device Provisioning's MQTT side.
 *
 * As the service does, it accepts a CONNECT with a wrong key and answers the registration request
 * with 401; an unknown ID scope is refused with CONNACK 3 (Azure/azure-iot-sdk-python#670).
 */
import { randomUUID } from 'node:crypto';
import type { Logger } from '../../wire/logger.ts';
import type {
  ConnectAnswer,
  MqttConnect,
  MqttConnection,
  MqttHandler,
  MqttPublish,
  Qos,
  SubscribeAnswer,
} from '../../wire/mqtt-front/types.ts';
import { decodePropertyBag } from '../../wire/property-bag.ts';
import { parseSasToken, type SasToken } from '../../wire/sas-token.ts';
import { parseJsonObject, type JsonObject } from '../../wire/twin-document.ts';
import type { Provisioner } from './provisioner.ts';
import type { Registration } from './provisioning-store.ts';

export interface ProvisioningClient {
  readonly registrationId: string;
  readonly token: SasToken;
}

type Connection = MqttConnection<ProvisioningClient>;

interface Response {
  readonly status: number;
  readonly body: JsonObject;
  readonly retryAfterSeconds?: number;
}

const RESPONSES = '$dps/registrations/res/#';
const USERNAME = /^([^/]+)\/registrations\/([^/]+)\/api-version=[^/]+$/;
const REGISTER = /^\$dps\/registrations\/PUT\/iotdps-register\/\?(.*)$/;
const GET_STATUS = /^\$dps\/registrations\/GET\/iotdps-get-operationstatus\/\?(.*)$/;
/** The service asks for 3 s; here an assignment is done by the time the client asks. */
const RETRY_AFTER_SECONDS = 0;
const SERVICE_UNAVAILABLE = 3;
const NOT_AUTHORIZED = 5;

export class ProvisioningFront implements MqttHandler<ProvisioningClient> {
  readonly #idScope: string;
  readonly #provisioner: Provisioner;
  readonly #log: Logger;

  constructor(idScope: string, provisioner: Provisioner, log: Logger) {
    this.#idScope = idScope;
    this.#provisioner = provisioner;
    this.#log = log;
  }

  async connect(request: MqttConnect): Promise<ConnectAnswer<ProvisioningClient>> {
    const { clientId, username, password } = request;
    const [, idScope, registrationId] = USERNAME.exec(username) ?? [];
    if (registrationId === undefined || registrationId !== clientId) {
      return this.#refuse(clientId, NOT_AUTHORIZED, 'the user name is malformed');
    }
    if (idScope !== this.#idScope) {
      return this.#refuse(clientId, SERVICE_UNAVAILABLE, `unknown ID scope '${idScope}'`);
    }
    const token = parseSasToken(password);
    if (token === undefined) return this.#refuse(clientId, NOT_AUTHORIZED, 'no SAS token');
    return { accepted: true, sessionPresent: false, identity: { registrationId, token } };
  }

  connected(): void {}

  disconnected(): void {}

  async subscribe(
    _connection: Connection,
    filters: readonly { readonly topic: string; readonly qos: Qos }[],
  ): Promise<SubscribeAnswer[]> {
    return filters.map(({ topic, qos }) => (topic === RESPONSES ? qos : 128));
  }

  async unsubscribe(): Promise<void> {}

  async publish(connection: Connection, { topic, payload }: MqttPublish): Promise<void> {
    const register = REGISTER.exec(topic);
    if (register !== null) {
      const response = await this.#register(connection.identity, payload);
      return respond(connection, register[1] ?? '', response);
    }
    const query = GET_STATUS.exec(topic)?.[1];
    if (query === undefined) throw new Error(`Device Provisioning has no topic '${topic}'`);
    respond(connection, query, this.#status(connection.identity, query));
  }

  async #register(client: ProvisioningClient, payload: Buffer): Promise<Response> {
    const { registrationId, token } = client;
    const body = parseJsonObject(payload.toString('utf8'));
    if (body?.['registrationId'] !== registrationId) {
      return failure(400, 400_000, 'The registration id is not that of the connection.');
    }
    const result = await this.#provisioner.register(registrationId, token);
    if (!result.authorized) {
      this.#log.warn({ registrationId, reason: result.reason }, 'registration refused');
      return failure(401, 401_002, 'Unauthorized');
    }
    const { operationId } = result.registration;
    const pending = { operationId, status: 'assigning' };
    return { status: 202, body: pending, retryAfterSeconds: RETRY_AFTER_SECONDS };
  }

  #status({ registrationId }: ProvisioningClient, query: string): Response {
    const operationId = decodePropertyBag(query)['operationId'] ?? '';
    const registration = this.#provisioner.find(registrationId, operationId);
    if (registration === undefined) {
      return failure(404, 404_202, 'The operation does not exist.');
    }
    const { status } = registration;
    const registrationState = stateDocument(registration);
    return { status: 200, body: { operationId, status, registrationState } };
  }

  #refuse(
    registrationId: string,
    returnCode: 3 | 5,
    reason: string,
  ): ConnectAnswer<ProvisioningClient> {
    this.#log.warn({ registrationId, reason }, 'CONNECT refused');
    return { accepted: false, returnCode };
  }
}

function respond(connection: Connection, query: string, response: Response): void {
  const requestId = encodeURIComponent(decodePropertyBag(query)['$rid'] ?? '');
  const { status, body, retryAfterSeconds } = response;
  const retryAfter = retryAfterSeconds === undefined ? '' : `&retry-after=${retryAfterSeconds}`;
  const topic = `$dps/registrations/res/${status}/?$rid=${requestId}${retryAfter}`;
  connection.send(topic, JSON.stringify(body));
}

function failure(status: number, errorCode: number, message: string): Response {
  const timestampUtc = new Date().toISOString();
  return { status, body: { errorCode, trackingId: randomUUID(), message, timestampUtc } };
}

function stateDocument(registration: Registration): JsonObject {
  const { registrationId, deviceId, assignedHub, status, enrollmentGroupId, etag } = registration;
  const times = {
    createdDateTimeUtc: new Date(registration.createdMs).toISOString(),
    lastUpdatedDateTimeUtc: new Date(registration.updatedMs).toISOString(),
  };
  if (status === 'disabled') return { registrationId, ...times, status, etag };
  return {
    registrationId,
    ...times,
    assignedHub,
    deviceId,
    status,
    substatus: 'initialAssignment',
    etag,
    ...(enrollmentGroupId === null ? {} : { symmetricKey: { enrollmentGroupId } }),
  };
}

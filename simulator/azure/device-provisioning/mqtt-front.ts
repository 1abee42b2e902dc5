/**
 * Device Provisioning's MQTT side.
 *
 * As the service does, it accepts a CONNECT with a wrong key and answers the registration request
 * with 401; an unknown ID scope is refused with CONNACK 3 (Azure/azure-iot-sdk-python#670).
 */
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
import { parseSasToken } from '../../wire/sas-token.ts';
import type { Proof } from './attestation.ts';
import type { DeviceApi, DeviceResponse, ProvisioningClient } from './device-api.ts';

type Connection = MqttConnection<ProvisioningClient>;

const RESPONSES = '$dps/registrations/res/#';
const USERNAME = /^([^/]+)\/registrations\/([^/]+)\/api-version=[^/]+$/;
const REGISTER = /^\$dps\/registrations\/PUT\/iotdps-register\/\?(.*)$/;
const GET_STATUS = /^\$dps\/registrations\/GET\/iotdps-get-operationstatus\/\?(.*)$/;
const SERVICE_UNAVAILABLE = 3;
const NOT_AUTHORIZED = 5;

export class ProvisioningMqttFront implements MqttHandler<ProvisioningClient> {
  readonly #idScope: string;
  readonly #api: DeviceApi;
  readonly #log: Logger;

  constructor(idScope: string, api: DeviceApi, log: Logger) {
    this.#idScope = idScope;
    this.#api = api;
    this.#log = log;
  }

  async connect(request: MqttConnect): Promise<ConnectAnswer<ProvisioningClient>> {
    const { clientId, username } = request;
    const [, idScope, registrationId] = USERNAME.exec(username) ?? [];
    if (registrationId === undefined || registrationId !== clientId) {
      return this.#refuse(clientId, NOT_AUTHORIZED, 'the user name is malformed');
    }
    if (idScope !== this.#idScope) {
      return this.#refuse(clientId, SERVICE_UNAVAILABLE, `unknown ID scope '${idScope}'`);
    }
    const proof = proofOf(request);
    if (proof === undefined) {
      return this.#refuse(clientId, NOT_AUTHORIZED, 'neither SAS token nor certificate');
    }
    return { accepted: true, sessionPresent: false, identity: { registrationId, proof } };
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
      const response = await this.#api.register(connection.identity, payload.toString('utf8'));
      return respond(connection, register[1] ?? '', response);
    }
    const query = GET_STATUS.exec(topic)?.[1];
    if (query === undefined) throw new Error(`Device Provisioning has no topic '${topic}'`);
    const operationId = decodePropertyBag(query)['operationId'] ?? '';
    respond(connection, query, this.#api.status(connection.identity, operationId));
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

/** A client with a certificate sends no password. */
function proofOf({ password, certificate }: MqttConnect): Proof | undefined {
  if (password === '' && certificate !== undefined) return { kind: 'certificate', certificate };
  const token = parseSasToken(password);
  return token && { kind: 'token', token };
}

function respond(connection: Connection, query: string, response: DeviceResponse): void {
  const requestId = encodeURIComponent(decodePropertyBag(query)['$rid'] ?? '');
  const { status, body, retryAfterSeconds } = response;
  const retryAfter = retryAfterSeconds === undefined ? '' : `&retry-after=${retryAfterSeconds}`;
  const topic = `$dps/registrations/res/${status}/?$rid=${requestId}${retryAfter}`;
  connection.send(topic, JSON.stringify(body));
}

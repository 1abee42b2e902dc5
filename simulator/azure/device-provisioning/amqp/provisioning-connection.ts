/** One AMQP client of Device Provisioning: who it is, and the requests on its pair of links. */
import type { TLSSocket } from 'node:tls';
import rhea, { type Delivery, type EventContext, type Receiver, type Sender } from 'rhea';
import { z } from 'zod';
import { clientCertificateOf } from '../../../wire/client-certificate.ts';
import type { Logger } from '../../../wire/logger.ts';
import type { DeviceApi, DeviceResponse, ProvisioningClient } from '../device-api.ts';
import { plainMechanism, registrationIdOf, tpmMechanism } from './sasl.ts';

/** Requests a client may have on their way. */
const CREDIT = 10;

/** Where to dial is a client's matter; here the socket is there already. */
const ACCEPTED = { port: 0 };

/** The parts of a request that are used. */
const Request = z.object({
  correlation_id: z.unknown(),
  application_properties: z.object({
    'iotdps-operation-type': z.enum(['iotdps-register', 'iotdps-get-operationstatus']),
    'iotdps-operation-id': z.string().optional(),
  }),
  body: z.unknown(),
});
type Request = z.infer<typeof Request>;

/** Conditions from which azure-iot-amqp-base makes its typed errors. */
const CONDITIONS: Readonly<Record<number, string>> = {
  400: 'com.microsoft:argument-error',
  401: 'amqp:unauthorized-access',
  404: 'amqp:not-found',
};

/** What a connection is served with. */
export interface ProvisioningParts {
  readonly idScope: string;
  readonly api: DeviceApi;
  readonly log: Logger;
}

/** Serves a client until its connection ends. */
export function serveConnection(socket: TLSSocket, { idScope, api, log }: ProvisioningParts): void {
  const container = rhea.create_container({
    id: 'device-provisioning',
    receiver_options: { autoaccept: false, credit_window: CREDIT },
  });
  const client = new Client(idScope, api, socket);
  const parts = { idScope, api, onProven: (proven: ProvisioningClient) => client.proved(proven) };
  const mechanisms = container.sasl_server_mechanisms as Record<string, unknown>;
  mechanisms['PLAIN'] = () => plainMechanism(parts);
  mechanisms['TPM'] = () => tpmMechanism(parts);
  // With a certificate nothing else is asked for; rhea then lets a client begin without SASL.
  if (client.hasCertificate) container.sasl_server_mechanisms.enable_anonymous();
  container.on('sender_open', ({ sender }) => sender && client.openSender(sender));
  container.on('receiver_open', ({ receiver }) => receiver && client.openReceiver(receiver));
  for (const fault of ['error', 'protocol_error']) {
    container.on(fault, (error: unknown) => log.warn({ err: error }, 'connection dropped'));
  }
  container.on('connection_error', ({ error }) => log.debug({ err: error }, 'client left'));
  container.on('disconnected', ({ error }) => log.debug({ err: error }, 'client left'));
  container.create_connection(ACCEPTED)['accept'](socket);
}

class Client {
  readonly #idScope: string;
  readonly #api: DeviceApi;
  readonly #certificate: ReturnType<typeof clientCertificateOf>;
  #proven: ProvisioningClient | undefined;
  #responses: Sender | undefined;

  constructor(idScope: string, api: DeviceApi, socket: TLSSocket) {
    this.#idScope = idScope;
    this.#api = api;
    this.#certificate = clientCertificateOf(socket);
  }

  get hasCertificate(): boolean {
    return this.#certificate !== undefined;
  }

  proved(client: ProvisioningClient): void {
    this.#proven = client;
  }

  /** The link on which the client receives answers. */
  openSender(sender: Sender): void {
    const address = sender.source?.address;
    if (this.#clientFor(address) === undefined) return sender.close(refused(address));
    sender.set_source(sender.source);
    sender.set_target(sender.target);
    this.#responses = sender;
  }

  /** The link on which the client sends requests. */
  openReceiver(receiver: Receiver): void {
    const address = receiver.target?.address;
    const client = this.#clientFor(address);
    if (client === undefined) return receiver.close(refused(address));
    receiver.set_source(receiver.source);
    receiver.set_target(receiver.target);
    receiver.on('message', ({ message, delivery }: EventContext) => {
      if (delivery !== undefined) void this.#answer(client, message, delivery);
    });
  }

  /**
   * A link speaks for the registration id that its address names. Whether a certificate is good is
   * decided with the request: closing the link would leave the SDK waiting for ever.
   */
  #clientFor(address: string | undefined): ProvisioningClient | undefined {
    const registrationId = registrationIdOf(address, this.#idScope);
    if (registrationId === undefined) return undefined;
    if (this.#proven?.registrationId === registrationId) return this.#proven;
    const certificate = this.#certificate;
    if (this.#proven !== undefined || certificate === undefined) return undefined;
    return { registrationId, proof: { kind: 'certificate', certificate } };
  }

  async #answer(client: ProvisioningClient, message: unknown, delivery: Delivery): Promise<void> {
    const parsed = Request.safeParse(message);
    if (!parsed.success) {
      const description = z.prettifyError(parsed.error);
      return delivery.reject({ condition: 'com.microsoft:argument-error', description });
    }
    const response = await this.#ask(client, parsed.data);
    if (response.status >= 300) {
      const condition = CONDITIONS[response.status] ?? 'amqp:internal-error';
      return delivery.reject({ condition, description: JSON.stringify(response.body) });
    }
    delivery.accept();
    this.#respond(parsed.data, response);
  }

  #ask(
    client: ProvisioningClient,
    { application_properties: properties, body }: Request,
  ): DeviceResponse | Promise<DeviceResponse> {
    if (properties['iotdps-operation-type'] === 'iotdps-register') {
      return this.#api.register(client, textOf(body));
    }
    return this.#api.status(client, properties['iotdps-operation-id'] ?? '');
  }

  #respond({ correlation_id }: Request, { body, retryAfterSeconds }: DeviceResponse): void {
    this.#responses?.send({
      correlation_id: correlation_id as string,
      // Text: the client takes the number 0 for no answer.
      application_properties:
        retryAfterSeconds === undefined ? {} : { 'retry-after': String(retryAfterSeconds) },
      body: rhea.message.data_section(Buffer.from(JSON.stringify(body))),
    });
  }
}

/** The data section of a message; rhea gives it as an object with the bytes. */
function textOf(body: unknown): string {
  const section = z.object({ content: z.instanceof(Buffer) }).safeParse(body);
  return section.success
    ? section.data.content.toString('utf8')
    : typeof body === 'string'
      ? body
      : '';
}

function refused(address: string | undefined) {
  const description = `Not authorized to register at '${address ?? ''}'.`;
  return { condition: 'amqp:unauthorized-access', description };
}

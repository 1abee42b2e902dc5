/** A bare AMQP client, for what Microsoft's never does. */
import { once } from 'node:events';
import rhea, {
  type AmqpError,
  type Connection,
  type EventContext,
  type Receiver,
  type ReceiverOptions,
  type Sender,
  type SenderOptions,
} from 'rhea';
import { signSasToken } from '../../simulator/wire/sas-token.ts';
import type { Settings } from '../../simulator/wire/settings.ts';

export interface RawAmqp {
  /** Puts a token for an entity; resolves with the status code. */
  claim(path: string, expirySeconds?: number): Promise<number>;
  /** Opens a link, or resolves with the error that it was closed with. */
  openSender(options: SenderOptions): Promise<Sender | AmqpError>;
  openReceiver(options: ReceiverOptions): Promise<Receiver | AmqpError>;
  close(): Promise<void>;
}

/** Connects without any claim. */
export async function connectRaw(settings: Settings): Promise<RawAmqp> {
  const container = rhea.create_container();
  container.on('disconnected', () => undefined);
  const connection = container.connect({
    host: '127.0.0.1',
    port: settings.ports.eventHubs,
    reconnect: false,
    username: 'anonymous',
  });
  await once(connection, 'connection_open');
  return {
    claim: (path, expirySeconds) => putToken(connection, settings, { path, expirySeconds }),
    openSender: (options) => opened(connection.open_sender(options), 'sendable', 'sender_error'),
    openReceiver: (options) =>
      opened(connection.open_receiver(options), 'receiver_open', 'receiver_error'),
    close: async () => {
      connection.close();
      await once(connection, 'connection_close');
    },
  };
}

/** Sends one message and resolves with how it was answered: accepted, or the error. */
export function sendRaw(sender: Sender, message: Buffer, format: number): Promise<unknown> {
  return new Promise((resolve) => {
    sender.once('accepted', () => resolve('accepted'));
    sender.once('rejected', ({ delivery }: EventContext) => {
      resolve(delivery?.remote_state?.['error'].condition);
    });
    sender.send(message, undefined, format);
  });
}

/** A link that the service refuses is opened and closed with an error at once. */
async function opened<L extends Sender | Receiver>(
  link: L,
  openEvent: string,
  errorEvent: string,
): Promise<L | AmqpError> {
  return new Promise((resolve) => {
    link.once(errorEvent, () => resolve(link.error as AmqpError));
    link.once(openEvent, () => {
      const probe = link.source?.address !== undefined || link.target?.address !== undefined;
      if (probe) resolve(link);
    });
  });
}

async function putToken(
  connection: Connection,
  settings: Settings,
  claim: { path: string; expirySeconds: number | undefined },
): Promise<number> {
  const audience = `sb://127.0.0.1:${settings.ports.eventHubs}/${claim.path}`;
  const token = signSasToken({
    resource: audience,
    key: Buffer.from(settings.secrets.eventHubsKey, 'utf8'),
    keyName: 'RootManageSharedAccessKey',
    expirySeconds: claim.expirySeconds ?? Math.floor(Date.now() / 1000) + 3_600,
  });
  const receiver = connection.open_receiver({ source: '$cbs', target: 'replies' });
  const sender = connection.open_sender('$cbs');
  await once(sender, 'sendable');
  sender.send({
    body: token,
    message_id: claim.path,
    reply_to: 'replies',
    application_properties: {
      operation: 'put-token',
      type: 'servicebus.windows.net:sastoken',
      name: audience,
    },
  });
  const [{ message }] = (await once(receiver, 'message')) as [EventContext];
  const status: unknown = message?.application_properties?.['status-code'];
  sender.close();
  receiver.close();
  return Number(status);
}

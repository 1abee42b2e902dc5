/**
 * Event Hubs on the wire: AMQP 1.0 over plain TCP, good enough for Microsoft's unmodified clients.
 *
 * Source: learn.microsoft.com/azure/service-bus-messaging/service-bus-amqp-protocol-guide.
 */
import { once } from 'node:events';
import type { Socket } from 'node:net';
import rhea, { type Connection, type Receiver, type Sender } from 'rhea';
import { z } from 'zod';
import type { LocalProcessContext, RunningService } from '../../wire/local-process.ts';
import { parseAddress, type Node } from './addresses.ts';
import { entityNotFound, notSupported, unauthorized } from './amqp-errors.ts';
import { Claims } from './claims.ts';
import { ConsumerLink } from './consumer-link.ts';
import { Consumers } from './consumers.ts';
import type { EventLog } from './event-log.ts';
import { startPosition } from './event-position.ts';
import { MAX_MESSAGE_BYTES, serveProducer } from './producer-link.ts';
import { answerManagement, answerPutToken, serveRequests } from './requests.ts';

export interface EventHubsContext extends LocalProcessContext {
  readonly eventLog: EventLog;
}

const EPOCH_PROPERTY = 'com.microsoft:epoch';
const RUNTIME_METRIC = 'com.microsoft:enable-receiver-runtime-metric';
const IDEMPOTENT_PRODUCER = 'com.microsoft:idempotent-producer';
const SELECTOR_FILTER = 'apache.org:selector-filter:string';

/** Serves the event hubs of `eventLog` on the port of the settings. */
export async function startEventHubs(context: EventHubsContext): Promise<RunningService> {
  const front = new Front(context);
  const container = rhea.create_container({
    id: 'event-hubs',
    sender_options: { snd_settle_mode: 1 },
    receiver_options: { autoaccept: false, credit_window: 0, max_message_size: MAX_MESSAGE_BYTES },
  });
  container.sasl_server_mechanisms.enable_anonymous();
  container.on('receiver_open', ({ receiver }) => receiver && front.openReceiver(receiver));
  container.on('sender_open', ({ sender }) => sender && front.openSender(sender));
  container.on('session_close', ({ session }) => front.consumers.forget({ session }));
  for (const ended of ['connection_close', 'disconnected']) {
    container.on(ended, ({ connection }) => front.consumers.forget({ connection }));
  }
  for (const fault of ['error', 'protocol_error']) {
    container.on(fault, (error: unknown) => context.log.warn({ err: error }, 'connection dropped'));
  }
  container.on('connection_error', ({ error }) => context.log.debug({ err: error }, 'client left'));
  const server = container.listen({ host: '127.0.0.1', port: context.settings.ports.eventHubs });
  const sockets = new Set<Socket>();
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
  });
  await once(server, 'listening');
  const unsubscribe = context.eventLog.onAppended((hub, partitionId) =>
    front.consumers.wake(hub, partitionId),
  );
  const stop = async () => {
    unsubscribe();
    if (!server.listening) return;
    server.close();
    // An error, so that rhea notices and ends its timers.
    for (const socket of sockets) socket.destroy(new Error('Event Hubs is stopping'));
    await once(server, 'close');
  };
  return { stop };
}

/** Decides about each link that a client opens. */
class Front {
  readonly consumers = new Consumers();
  readonly #context: EventHubsContext;
  readonly #claims = new WeakMap<Connection, Claims>();

  constructor(context: EventHubsContext) {
    this.#context = context;
  }

  /** A link on which the client sends. */
  openReceiver(receiver: Receiver): void {
    const address = receiver.target?.address ?? '';
    const node = parseAddress(address);
    const claims = this.#claimsOf(receiver.connection);
    const { eventLog, log } = this.#context;
    if (node?.kind === 'cbs') {
      serveRequests(receiver, (request) => answerPutToken(claims, request));
    } else if (node?.kind === 'management') {
      serveRequests(receiver, (request) => answerManagement(eventLog, claims, request));
    } else if (node?.kind !== 'hub' || !this.#exists(node)) {
      receiver.close(entityNotFound(address));
    } else if (!claims.allow(address, Date.now())) {
      receiver.close(unauthorized(address, 'Send'));
    } else if (capabilitiesOf(receiver).includes(IDEMPOTENT_PRODUCER)) {
      receiver.close(notSupported('Idempotent publishing'));
    } else {
      serveProducer(receiver, { eventLog, log, hub: node.hub, partitionId: node.partitionId });
    }
  }

  /** A link on which the client receives. */
  openSender(sender: Sender): void {
    const address = sender.source?.address ?? '';
    const node = parseAddress(address);
    if (node?.kind === 'cbs' || node?.kind === 'management') {
      sender.set_source(sender.source);
      sender.set_target(sender.target);
    } else if (node?.kind !== 'consumer-group' || !this.#exists(node)) {
      sender.close(entityNotFound(address));
    } else if (!this.#claimsOf(sender.connection).allow(address, Date.now())) {
      sender.close(unauthorized(address, 'Listen'));
    } else {
      this.#serveConsumer(sender, node);
    }
  }

  #serveConsumer(sender: Sender, node: Node & { kind: 'consumer-group' }): void {
    const { eventLog } = this.#context;
    const start = startPosition(eventLog, node, selectorOf(sender));
    if ('error' in start) {
      sender.close(start.error);
      return;
    }
    const link = new ConsumerLink(sender, {
      eventLog,
      place: { hub: node.hub, partitionId: node.partitionId },
      afterSequenceNumber: start.afterSequenceNumber,
      epoch: epochOf(sender),
      runtimeMetric: capabilitiesOf(sender).includes(RUNTIME_METRIC),
    });
    const refusal = this.consumers.admit(node.consumerGroup, link);
    if (refusal !== undefined) {
      sender.close(refusal);
      return;
    }
    sender.set_source(sender.source);
    sender.set_target(sender.target);
    sender.on('sender_close', () => this.consumers.forgetLink(link));
    link.start();
  }

  #exists(node: Node): boolean {
    if (node.kind !== 'hub' && node.kind !== 'consumer-group') return true;
    const hub = this.#context.eventLog.findHub(node.hub);
    if (hub === undefined) return false;
    const { partitionId } = node;
    if (partitionId !== undefined && !hub.partitionIds.includes(partitionId)) return false;
    return node.kind === 'hub' || hub.consumerGroups.includes(node.consumerGroup);
  }

  #claimsOf(connection: Connection): Claims {
    const known = this.#claims.get(connection);
    if (known !== undefined) return known;
    const claims = new Claims(this.#context.settings.secrets.eventHubsKey);
    this.#claims.set(connection, claims);
    return claims;
  }
}

function capabilitiesOf(link: Sender | Receiver): readonly string[] {
  return [link.desired_capabilities ?? []].flat();
}

/** The epoch, which rhea reads as a number or as the bytes of a long. */
function epochOf(sender: Sender): number | undefined {
  const epoch: unknown = sender.properties?.[EPOCH_PROPERTY];
  return epoch === undefined || epoch === null ? undefined : Number(epoch);
}

/** rhea leaves a described value as it is and unwraps a plain one. */
const SelectorFilter = z
  .union([z.string(), z.object({ value: z.string() }).transform(({ value }) => value)])
  .optional();

function selectorOf(sender: Sender): string | undefined {
  const parsed = SelectorFilter.safeParse(sender.source.filter?.[SELECTOR_FILTER]);
  return parsed.success ? parsed.data : '(not a text)';
}

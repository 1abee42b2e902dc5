/**
 * What edgeHub does with its clients' packets.
 *
 * Invariant: a PUBLISH is acknowledged only when the message is in every matching queue on disk.
 * As in the real edgeHub, one that no route wants, or on a topic nobody knows, is dropped, counted
 * and acknowledged.
 */
import { identityId } from '../../wire/identity-name.ts';
import type {
  ConnectAnswer,
  MqttConnect,
  MqttHandler,
  MqttPublish,
  SubscribeAnswer,
} from '../../wire/mqtt-front/types.ts';
import {
  parsePublishedTopic,
  parseSubscription,
  twinResponseTopic,
  type PublishedTopic,
} from '../../wire/mqtt-topics.ts';
import { encodePropertyBag, MalformedPropertyBagError } from '../../wire/property-bag.ts';
import type { ClientConnection } from './clients.ts';
import type { HubIdentity } from './identities/authenticator.ts';
import { incomingMessage, messageSource } from './messages/system-properties.ts';
import type { EdgeHubParts } from './parts.ts';
import type { UplinkFilter } from './upstream/uplink.ts';

/** Bytes of properties that still fit into a topic (65,535) with their names and the sender's. */
const MAX_BAG_BYTES = 60_000;
/** Characters that are surely fewer bytes, whatever they are, when each is percent-encoded. */
const SURELY_SHORT = MAX_BAG_BYTES / 9;

export class EdgeHubHandler implements MqttHandler<HubIdentity> {
  readonly #parts: EdgeHubParts;

  constructor(parts: EdgeHubParts) {
    this.#parts = parts;
  }

  async connect(request: MqttConnect): Promise<ConnectAnswer<HubIdentity>> {
    const { authenticator, sessions, log } = this.#parts;
    const answer = await authenticator.authenticate(request);
    if (!answer.accepted) {
      log.warn({ clientId: request.clientId, reason: answer.reason }, 'client refused');
      return answer;
    }
    const sessionPresent = await sessions.begin(request.clientId, request.cleanSession);
    return { accepted: true, sessionPresent, identity: answer.identity };
  }

  connected(connection: ClientConnection): void {
    const { clients, sessions, deliveries, log } = this.#parts;
    clients.add(connection);
    log.info({ clientId: connection.clientId }, 'client connected');
    if (sessions.has(connection.clientId, 'inputs')) deliveries.attach(connection);
    this.#mirrorSubscriptions(connection);
  }

  disconnected(connection: ClientConnection, reason: string): void {
    const { clients, deliveries, methods, uplinks, log } = this.#parts;
    log.info({ clientId: connection.clientId, reason }, 'client disconnected');
    if (!clients.remove(connection)) return;
    deliveries.detach(connection);
    methods.disconnected(connection.clientId);
    uplinks.find(connection.identity)?.setFilters(new Set());
  }

  async subscribe(
    connection: ClientConnection,
    filters: readonly { readonly topic: string }[],
  ): Promise<SubscribeAnswer[]> {
    const { sessions, deliveries, log } = this.#parts;
    const wanted = filters.map(({ topic }) => {
      return { filter: topic, kind: parseSubscription(topic, connection.identity) };
    });
    const granted = wanted.flatMap(({ filter, kind }) => (kind ? [{ filter, kind }] : []));
    await sessions.subscribe(connection.clientId, granted);
    if (granted.some(({ kind }) => kind === 'inputs')) deliveries.attach(connection);
    this.#mirrorSubscriptions(connection);
    return wanted.map(({ filter, kind }) => {
      if (kind === undefined) log.info({ filter }, 'subscription refused');
      return kind === undefined ? 128 : kind === 'inputs' || kind === 'cloudToDevice' ? 1 : 0;
    });
  }

  async unsubscribe(connection: ClientConnection, filters: readonly string[]): Promise<void> {
    const { sessions, deliveries } = this.#parts;
    await sessions.unsubscribe(connection.clientId, filters);
    if (!sessions.has(connection.clientId, 'inputs')) deliveries.detach(connection);
    this.#mirrorSubscriptions(connection);
  }

  async publish(connection: ClientConnection, message: MqttPublish): Promise<void> {
    const topic = parseTopic(message.topic);
    switch (topic.kind) {
      case 'telemetry':
        return this.#telemetry(connection, topic, message.payload);
      case 'twinGet':
        return this.#twinGet(connection, topic.requestId);
      case 'reportedPatch':
        return this.#reportedPatch(connection, topic.requestId, message.payload);
      case 'methodResponse':
        return this.#methodResponse(connection, topic, message.payload);
      case 'unknown':
        this.#parts.counters.dropped('unknown_topic');
        this.#parts.log.warn({ clientId: connection.clientId }, 'published on an unknown topic');
    }
  }

  async #telemetry(
    connection: ClientConnection,
    topic: PublishedTopic & { kind: 'telemetry' },
    payload: Buffer,
  ): Promise<void> {
    const { gatewayId, router, queues, counters } = this.#parts;
    if (identityId(topic) !== connection.clientId) throw new Error('the topic is another client’s');
    const { deviceId, moduleId, bag } = topic;
    const message = incomingMessage(bag, payload, {
      deviceId,
      ...(moduleId === undefined ? {} : { moduleId }),
      origin: deviceId === gatewayId ? 'internal' : 'downstream',
    });
    const destinations = router.route({ ...message, source: messageSource(message) });
    if (destinations.length === 0) counters.dropped('no_route');
    await queues.append(message, destinations);
    counters.received();
  }

  async #twinGet(connection: ClientConnection, requestId: string): Promise<void> {
    const twin = await this.#parts.twins.get(connection.identity);
    connection.send(twinResponseTopic(200, requestId), JSON.stringify(twin));
  }

  async #reportedPatch(
    connection: ClientConnection,
    requestId: string,
    payload: Buffer,
  ): Promise<void> {
    const result = await this.#parts.twins.report(connection.identity, payload.toString('utf8'));
    // The real edgeHub sends errors without a body, which the Node SDK takes for a success.
    if (result.accepted) {
      connection.send(twinResponseTopic(204, requestId, result.section.version), '');
    } else {
      connection.send(twinResponseTopic(400, requestId), JSON.stringify(result.error));
    }
  }

  async #methodResponse(
    { clientId }: ClientConnection,
    { requestId, status }: PublishedTopic & { kind: 'methodResponse' },
    payload: Buffer,
  ): Promise<void> {
    this.#parts.methods.respond(clientId, requestId, { status, payload: payload.toString('utf8') });
  }

  /** IoT Hub pushes to this gateway what the client has asked for, and no more. */
  #mirrorSubscriptions({ clientId, identity }: ClientConnection): void {
    const { sessions, uplinks } = this.#parts;
    const kinds = sessions.kinds(clientId);
    const filters = (['methods', 'desiredPatches'] as const).filter((kind) => kinds.has(kind));
    if (filters.length > 0) uplinks.of(identity).setFilters(new Set<UplinkFilter>(filters));
    else uplinks.find(identity)?.setFilters(new Set());
  }
}

function parseTopic(topic: string): PublishedTopic {
  try {
    const parsed = parsePublishedTopic(topic);
    const grows = parsed.kind === 'telemetry' && topic.length > SURELY_SHORT;
    // It would come in and never go out: written anew, properties can be longer than they were.
    if (grows && encodePropertyBag(parsed.bag).length > MAX_BAG_BYTES) return { kind: 'unknown' };
    return parsed;
  } catch (error) {
    if (error instanceof MalformedPropertyBagError) return { kind: 'unknown' };
    throw error;
  }
}

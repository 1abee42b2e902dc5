/**
 * Requests and responses over a pair of links, as `$cbs` and `$management` have them.
 *
 * Source: OASIS AMQP Management 1.0 (draft) and AMQP Claims-based Security 1.0 (draft).
 */
import rhea, { type EventContext, type Receiver, type Sender } from 'rhea';
import { z } from 'zod';
import type { Claims } from './claims.ts';
import type { EventLog } from './event-log.ts';

/** The parts of a request message that are used. */
const Request = z.object({
  message_id: z.unknown(),
  reply_to: z.string().optional(),
  body: z.unknown(),
  application_properties: z
    .object({
      operation: z.string(),
      type: z.string().default(''),
      name: z.string().default(''),
      partition: z.string().optional(),
    })
    .optional(),
});
type Request = z.infer<typeof Request>;

/** A status as in HTTP, a sentence, and what was asked for. */
export interface Answer {
  readonly statusCode: number;
  readonly description: string;
  readonly body?: object;
}

/** Requests a client may have on their way. */
const CREDIT = 100;

/** Answers each request that arrives on the link, on the link that its `reply_to` names. */
export function serveRequests(receiver: Receiver, answer: (request: Request) => Answer): void {
  receiver.set_source(receiver.source);
  receiver.set_target(receiver.target);
  receiver.set_credit_window(CREDIT);
  receiver.add_credit(CREDIT);
  receiver.on('message', ({ message, delivery, connection }: EventContext) => {
    const parsed = Request.safeParse(message);
    delivery?.accept();
    if (!parsed.success) return;
    const { statusCode, description, body } = answer(parsed.data);
    const replyTo = parsed.data.reply_to;
    const sender = connection.find_sender(
      (link: Sender) => link.name === replyTo || link.target?.address === replyTo,
    );
    sender?.send({
      correlation_id: parsed.data.message_id as string,
      application_properties: { 'status-code': statusCode, 'status-description': description },
      body: body ?? null,
    });
  });
}

/** Answers put-token requests. */
export function answerPutToken(claims: Claims, request: Request): Answer {
  const { operation, name } = request.application_properties ?? {};
  if (operation !== 'put-token' || name === undefined || typeof request.body !== 'string') {
    return { statusCode: 400, description: 'BadRequest: A put-token request is expected.' };
  }
  return claims.put(name, request.body, Date.now());
}

/** Answers what a client asks about a hub or a partition. */
export function answerManagement(log: EventLog, claims: Claims, request: Request): Answer {
  const { operation, type, name = '', partition } = request.application_properties ?? {};
  if (!claims.allow(`${name}/$management`, Date.now())) {
    return { statusCode: 401, description: `Unauthorized access to '${name}/$management'.` };
  }
  if (operation !== 'READ') {
    return { statusCode: 501, description: `The operation '${operation}' is not supported.` };
  }
  if (type === 'com.microsoft:eventhub') return describeHub(log, name);
  if (type === 'com.microsoft:partition') return describePartition(log, name, partition ?? '');
  return { statusCode: 501, description: `The type '${type}' is not supported.` };
}

function describeHub(log: EventLog, name: string): Answer {
  const hub = log.findHub(name);
  if (hub === undefined) return notFound(name);
  const { types } = rhea;
  const body = {
    type: 'com.microsoft:eventhub',
    name: hub.name,
    created_at: types.wrap_timestamp(hub.createdMs),
    partition_count: hub.partitionCount,
    partition_ids: types.wrap_array([...hub.partitionIds], 0xa1, undefined),
    georeplication_factor: 1,
  };
  return { statusCode: 200, description: 'OK', body };
}

function describePartition(log: EventLog, name: string, partitionId: string): Answer {
  if (log.findHub(name)?.partitionIds.includes(partitionId) !== true) {
    return notFound(`${name}/Partitions/${partitionId}`);
  }
  const state = log.partition(name, partitionId);
  const { types } = rhea;
  const body = {
    type: 'com.microsoft:partition',
    name,
    partition: partitionId,
    begin_sequence_number: types.wrap_long(state.beginSequenceNumber),
    last_enqueued_sequence_number: types.wrap_long(state.lastSequenceNumber),
    last_enqueued_offset: state.lastOffset,
    last_enqueued_time_utc: types.wrap_timestamp(state.lastEnqueuedMs),
    is_partition_empty: state.beginSequenceNumber > state.lastSequenceNumber,
  };
  return { statusCode: 200, description: 'OK', body };
}

function notFound(path: string): Answer {
  const description = `The messaging entity '${path}' could not be found.`;
  return { statusCode: 404, description };
}

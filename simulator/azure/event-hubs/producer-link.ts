/**
 * A link on which a producer sends events.
 *
 * Invariant: a delivery is accepted only after its events are on disk.
 */
import rhea, { type Delivery, type EventContext, type Receiver } from 'rhea';
import type { Logger } from '../../wire/logger.ts';
import { MalformedMessageError } from './amqp-encoding.ts';
import { internalError, messageTooLarge, undecodable, type ServiceError } from './amqp-errors.ts';
import { readDelivery, type IncomingEvents } from './event-batch.ts';
import type { AppendTarget, EventLog } from './event-log.ts';

/** Largest message or batch, bytes: what the service's standard tier takes. */
export const MAX_MESSAGE_BYTES = 1_048_576;

/** Deliveries a producer may have unanswered. */
const CREDIT = 1000;
/** Answered deliveries for which credit is given back together. */
const CREDIT_STEP = 100;

export interface ProducerContext {
  readonly eventLog: EventLog;
  readonly log: Logger;
  readonly hub: string;
  /** Set when the producer chose a partition by the link's address. */
  readonly partitionId: string | undefined;
}

/** Takes in what arrives on the link. */
export function serveProducer(receiver: Receiver, context: ProducerContext): void {
  receiver.set_source(receiver.source);
  receiver.set_target(receiver.target);
  receiver.add_credit(CREDIT);
  let answered = 0;
  const answer = (delivery: Delivery, error: ServiceError | undefined) => {
    if (!receiver.is_open()) return;
    if (error === undefined) delivery.accept();
    else delivery.reject(error);
    answered += 1;
    if (answered < CREDIT_STEP) return;
    receiver.add_credit(answered);
    answered = 0;
  };
  receiver.on('message', ({ message, delivery }: EventContext) => {
    if (delivery === undefined) return;
    void store(payloadOf(message), delivery.format, context).then((error) =>
      answer(delivery, error),
    );
  });
}

/** rhea decodes messages of the standard format; all others come as they are. */
function payloadOf(message: unknown): Buffer {
  return Buffer.isBuffer(message) ? message : rhea.message.encode(message);
}

/** Appends the events of a delivery; an error is what the producer is told. */
async function store(
  payload: Buffer,
  format: number,
  context: ProducerContext,
): Promise<ServiceError | undefined> {
  if (payload.length > MAX_MESSAGE_BYTES) {
    return messageTooLarge(payload.length, MAX_MESSAGE_BYTES);
  }
  try {
    const incoming = readDelivery(payload, format);
    await context.eventLog.appendEncoded(context.hub, target(incoming, context), incoming.events);
    return undefined;
  } catch (error) {
    if (error instanceof MalformedMessageError) return undecodable(error.message);
    context.log.error({ err: error, hub: context.hub }, 'events refused: the log failed');
    return internalError();
  }
}

function target({ partitionKey }: IncomingEvents, { partitionId }: ProducerContext): AppendTarget {
  if (partitionId !== undefined) return { partitionId };
  return partitionKey === undefined ? undefined : { partitionKey };
}

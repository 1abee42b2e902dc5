/** The error conditions with which the service answers, and how it words them. */

/** An AMQP error, as links are closed and deliveries rejected with it. */
export interface ServiceError {
  readonly condition: string;
  readonly description: string;
}

/** No hub, partition or consumer group is there. */
export function entityNotFound(path: string): ServiceError {
  return {
    condition: 'amqp:not-found',
    description: `The messaging entity '${path}' could not be found.`,
  };
}

/** No token that is valid now covers the entity. */
export function unauthorized(path: string, claim: 'Send' | 'Listen'): ServiceError {
  return {
    condition: 'amqp:unauthorized-access',
    description: `Unauthorized access. '${claim}' claim(s) are required to perform this operation. Resource: '${path}'.`,
  };
}

/** Another receiver of the group reads the partition with a higher or equal right. */
export function linkStolen(description: string): ServiceError {
  return { condition: 'amqp:link:stolen', description };
}

/** The receiver asks for a position that cannot be. */
export function invalidArgument(description: string): ServiceError {
  return { condition: 'com.microsoft:argument-error', description };
}

/** Too many receivers. */
export function quotaExceeded(description: string): ServiceError {
  return { condition: 'amqp:resource-limit-exceeded', description };
}

/** A message or batch beyond the link's limit. */
export function messageTooLarge(bytes: number, maxBytes: number): ServiceError {
  return {
    condition: 'amqp:link:message-size-exceeded',
    description: `The received message of ${bytes} bytes exceeds the limit of ${maxBytes} bytes.`,
  };
}

/** Bytes that are not a message. */
export function undecodable(description: string): ServiceError {
  return { condition: 'amqp:decode-error', description };
}

/** Something that Azure has and this namespace has not. */
export function notSupported(what: string): ServiceError {
  return {
    condition: 'amqp:not-implemented',
    description: `${what} is not supported by the local Event Hubs.`,
  };
}

/** The log could not be written; the client may try again. */
export function internalError(): ServiceError {
  return {
    condition: 'amqp:internal-error',
    description: 'The events could not be stored. Try again.',
  };
}

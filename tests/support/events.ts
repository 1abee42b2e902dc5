/** Events with nothing but a body. */
import type { NewEvent } from '../../simulator/azure/event-hubs/event-log.ts';

/** An event with a text for its body. */
export function textEvent(text: string): NewEvent {
  return bodyEvent(Buffer.from(text));
}

/** An event with these bytes for its body. */
export function bodyEvent(body: Buffer): NewEvent {
  return { body, properties: {}, annotations: {} };
}

/** The newest events of an event hub, to look at. */
import { isDeeperThan } from '../../wire/json-depth.ts';
import type { EventLog, StoredEvent } from '../event-hubs/event-log.ts';

/** Deeper bodies are shown as the text that they are: writing them as JSON would fail. */
const MAX_DEPTH = 64;

/** At most `count` events, newest first. */
export function peek(eventLog: EventLog, hub: string, count: number) {
  const partitionIds = eventLog.findHub(hub)?.partitionIds ?? [];
  return partitionIds
    .flatMap((partitionId) => {
      const after = eventLog.partition(hub, partitionId).lastSequenceNumber - count;
      const events = eventLog.read(hub, partitionId, Math.max(-1, after), count);
      return events.map((event) => ({ partitionId, ...shown(event) }));
    })
    .toSorted((a, b) => b.enqueuedMs - a.enqueuedMs || b.sequenceNumber - a.sequenceNumber)
    .slice(0, count);
}

function shown(event: StoredEvent) {
  const { sequenceNumber, enqueuedMs, partitionKey, properties, annotations, messageId } = event;
  return {
    sequenceNumber,
    enqueuedMs,
    partitionKey: partitionKey ?? null,
    messageId: messageId ?? null,
    properties,
    systemProperties: annotations,
    body: readable(event.body.toString('utf8')),
  };
}

function readable(text: string): unknown {
  try {
    const body: unknown = JSON.parse(text);
    return isDeeperThan(body, MAX_DEPTH) ? text : body;
  } catch {
    return text;
  }
}

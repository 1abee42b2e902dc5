/** Averages as messages on the output `averages`. */
import { messageIdOf } from '../../shared/src/message-id.ts';
import type { OutboxMessage } from '../../shared/src/outbox.ts';
import type { Average } from '../../shared/src/wire-contract.ts';
import type { IssuedAverage } from './core/averages.ts';

/** Averages in a message; each with a message of its own would be more work than all their readings. */
const MOST_SHARED = 200;

/** The messages for averages that are issued together. */
export function averageMessages(issued: readonly IssuedAverage[]): OutboxMessage[] {
  return shared(issued).map(averagesMessage);
}

function shared(issued: readonly IssuedAverage[]): (readonly IssuedAverage[])[] {
  const messages: (readonly IssuedAverage[])[] = [];
  for (let start = 0; start < issued.length; start += MOST_SHARED) {
    messages.push(issued.slice(start, start + MOST_SHARED));
  }
  return messages;
}

/** The first average, which is issued once, names the message. */
function averagesMessage(issued: readonly IssuedAverage[]): OutboxMessage {
  const [first] = issued;
  if (first === undefined) throw new Error('a message without averages');
  const { id, windowEndMs, revision } = first;
  const others = issued.length === 1 ? '' : `+${issued.length - 1}`;
  const averages = issued.map(averageOf);
  return {
    priority: 0,
    output: 'averages',
    messageId: messageIdOf('average', id, isoSeconds(windowEndMs), `r${revision}${others}`),
    properties: { kind: 'average' },
    body: JSON.stringify(issued.length === 1 ? averages[0] : averages),
  };
}

function averageOf({ windowStartMs, windowEndMs, ...result }: IssuedAverage): Average {
  return {
    ...result,
    windowStart: isoSeconds(windowStartMs),
    windowEnd: isoSeconds(windowEndMs),
  };
}

/** Windows begin and end at whole seconds. */
export function isoSeconds(atMs: number): string {
  return new Date(atMs).toISOString().replace('.000Z', 'Z');
}

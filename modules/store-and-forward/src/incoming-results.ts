/** Averages, anomalies and ledger entries as they come in. */
import { createHash } from 'node:crypto';
import type { Effects } from '../../shared/src/effects.ts';
import type { InputMessage } from '../../shared/src/edge-client.ts';
import { firstProblem } from '../../shared/src/incoming-readings.ts';
import { messageEntries, Refusals } from '../../shared/src/message-entries.ts';
import { messageIdOf } from '../../shared/src/message-id.ts';
import { Anomaly, Average, LedgerEntry } from '../../shared/src/wire-contract.ts';
import type { Delivered } from './delivered-store.ts';

/** Results that come on an input of their own, and how they are checked. */
const RESULT_INPUTS = {
  anomalies: { kind: 'anomaly', schema: Anomaly },
  averages: { kind: 'average', schema: Average },
  ledger: { kind: 'ledger', schema: LedgerEntry },
} as const;

/** A message of results, to be sent as it came but for those that cannot be used. */
export interface IncomingResults extends Delivered {
  readonly entries: number;
}

/** The results of a message that can be used; undefined when there are none. */
export function incomingResults(
  message: InputMessage,
  effects: Effects,
): IncomingResults | undefined {
  const input = resultInput(message.input);
  if (input === undefined) {
    effects.counters.received += 1;
    effects.quarantine(message, `no such input: ${message.input}`, message.body);
    return undefined;
  }
  const refusals = new Refusals(message, effects);
  const entries = messageEntries(message, input.kind, { refusals, effects });
  const good = entries.filter((entry) => {
    const parsed = input.schema.safeParse(entry.value);
    if (!parsed.success) {
      refusals.refuse(entry, `not a valid ${input.kind}`, firstProblem(parsed.error));
    }
    return parsed.success;
  });
  refusals.end();
  if (good.length === 0) return undefined;
  const body = refusals.areNone ? message.body : JSON.stringify(good.map(({ value }) => value));
  const messageId = messageIdOf(message.messageId ?? digest(message.body));
  return { kind: input.kind, messageId, body, entries: good.length };
}

/** What identifies a result whose sender gave it no id. */
function digest(body: string): string {
  return createHash('sha256').update(body).digest('hex');
}

function resultInput(name: string) {
  return name === 'anomalies' || name === 'averages' || name === 'ledger'
    ? RESULT_INPUTS[name]
    : undefined;
}

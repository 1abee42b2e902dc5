/** What a module may do inside the transaction that takes its input in. */
import type { Clock } from './clock.ts';
import type { ClockWatch } from './clock-watch.ts';
import type { Loss } from './core/loss.ts';
import type { Counters } from './counters.ts';
import type { Database } from './database.ts';
import type { InputMessage } from './edge-client.ts';
import type { LossLedger } from './loss-ledger.ts';
import type { Outbox, OutboxMessage } from './outbox.ts';
import { Quarantine } from './quarantine.ts';
import { MessageKind } from './wire-contract.ts';

/** All of it is committed together with the state of the module, or not at all. */
export interface Effects {
  readonly counters: Counters;
  /** What the gateway's clock is worth. */
  readonly clockWatch: ClockWatch;
  /** For a module that must make room in it. */
  readonly outbox: Outbox;
  /** Appends a message to the outbox. */
  send(message: OutboxMessage): void;
  /**
   * Puts `count` entries of the message, which could not be used, aside. The reason says what, a
   * colon, and where; losses are told by what is before the colon.
   */
  quarantine(message: InputMessage, reason: string, body: string, count?: number): void;
  /** Notes what did not get through, to be told upstream. */
  lost(loss: Lost): void;
}

/** Readings or results that did not get through, and why. */
export interface Lost extends Loss {
  readonly lostKind: MessageKind;
  /** At most 200 characters; the same words for the same reason, because losses are added up by it. */
  readonly reason: string;
}

/** What the effects go into. */
export interface EffectsParts {
  readonly database: Database;
  readonly clock: Clock;
  readonly clockWatch: ClockWatch;
  readonly ledger: LossLedger;
  readonly outbox: Outbox;
  readonly counters: Counters;
  /** Whether input that could not be used is told upstream by this module. */
  readonly tellsRefused: boolean;
}

/** The effects on a module's database. */
export function makeEffects(parts: EffectsParts): Effects {
  const { database, clock, clockWatch, ledger, outbox, counters, tellsRefused } = parts;
  const quarantine = new Quarantine(database);
  const lost = ({ lostKind, reason, ...loss }: Lost) => ledger.add(lostKind, reason, loss);
  return {
    counters,
    clockWatch,
    outbox,
    lost,
    send: (message) => outbox.append(message, clockWatch.steadyMs()),
    quarantine: (message, reason, body, count = 1) => {
      counters.quarantined += count;
      const atMs = clock.nowMs();
      const { '$.cdid': device = '', '$.cmid': module } = message.properties;
      const sender = module === undefined ? device : `${device}/${module}`;
      quarantine.add({ atMs, input: message.input, sender, reason, body });
      if (!tellsRefused) return;
      const [what = reason] = reason.split(': ');
      // When it came, because its own time may be what is wrong with it.
      const id = module === undefined ? device : '';
      lost({ lostKind: kindOf(message), id, fromMs: atMs, toMs: atMs, count, reason: what });
    },
  };
}

/** A message without a kind is telemetry: docs/contracts.md. */
function kindOf({ properties }: InputMessage): MessageKind {
  return MessageKind.safeParse(properties['kind']).data ?? 'telemetry';
}

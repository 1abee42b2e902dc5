/**
 * The life of a smart meter, as the classic lab colours it.
 *
 * Invariants:
 * - a phase is reached only from the one before it, and `disconnected` or a lost connection leads
 *   back to `registered`;
 * - an event that does not fit the phase changes nothing;
 * - the error of a failed step stays visible until a later step succeeds.
 */

export type MeterPhase = 'new' | 'installed' | 'registered' | 'connected' | 'transmitting';

export interface MeterLifecycle {
  readonly phase: MeterPhase;
  /** Why the last step failed, one sentence for people. */
  readonly error: string | null;
}

export type MeterEvent =
  | { readonly type: 'installed' }
  | { readonly type: 'registered' }
  | { readonly type: 'connected' }
  /** A reading was acknowledged. */
  | { readonly type: 'acknowledged' }
  /** Somebody switched the connection off. */
  | { readonly type: 'disconnected' }
  | { readonly type: 'failed'; readonly reason: string };

/** A meter out of its box. */
export const NEW_METER: MeterLifecycle = { phase: 'new', error: null };

/** Steps forward: the phases they may be taken from, and the phase they lead to. */
const STEPS: Readonly<Record<ForwardEvent, { from: readonly MeterPhase[]; to: MeterPhase }>> = {
  installed: { from: ['new'], to: 'installed' },
  registered: { from: ['installed', 'registered', 'connected', 'transmitting'], to: 'registered' },
  connected: { from: ['registered'], to: 'connected' },
  acknowledged: { from: ['connected'], to: 'transmitting' },
};
type ForwardEvent = Exclude<MeterEvent['type'], 'disconnected' | 'failed'>;

/** The state after an event. */
export function nextLifecycle(state: MeterLifecycle, event: MeterEvent): MeterLifecycle {
  if (event.type === 'disconnected') return { phase: offline(state), error: null };
  if (event.type === 'failed') return { phase: offline(state), error: event.reason };
  const { from, to } = STEPS[event.type];
  return from.includes(state.phase) ? { phase: to, error: null } : state;
}

function offline({ phase }: MeterLifecycle): MeterPhase {
  return phase === 'connected' || phase === 'transmitting' ? 'registered' : phase;
}

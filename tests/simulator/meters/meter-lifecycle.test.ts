import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  NEW_METER,
  nextLifecycle,
  type MeterEvent,
  type MeterLifecycle,
} from '../../../simulator/meters/core/meter-lifecycle.ts';

function after(...events: MeterEvent[]): MeterLifecycle {
  return events.reduce(nextLifecycle, NEW_METER);
}

const UP: MeterEvent[] = [
  { type: 'installed' },
  { type: 'registered' },
  { type: 'connected' },
  { type: 'acknowledged' },
];
const refused: MeterEvent = { type: 'failed', reason: 'The group key is wrong.' };

describe('meter lifecycle', () => {
  it('goes from new over installed, registered and connected to transmitting', () => {
    const phases = UP.map((_, index) => after(...UP.slice(0, index + 1)).phase);
    assert.deepEqual(phases, ['installed', 'registered', 'connected', 'transmitting']);
  });

  it('skips no phase', () => {
    assert.equal(after({ type: 'registered' }).phase, 'new');
    assert.equal(after({ type: 'installed' }, { type: 'connected' }).phase, 'installed');
    assert.equal(after(...UP.slice(0, 2), { type: 'acknowledged' }).phase, 'registered');
  });

  it('keeps the phase and shows the reason when a registration fails', () => {
    const state = after({ type: 'installed' }, refused);
    assert.deepEqual(state, { phase: 'installed', error: 'The group key is wrong.' });
  });

  it('forgets the reason when the step succeeds later', () => {
    assert.equal(after({ type: 'installed' }, refused, { type: 'registered' }).error, null);
  });

  it('falls back to registered when the connection is lost or switched off', () => {
    assert.equal(after(...UP, { type: 'disconnected' }).phase, 'registered');
    assert.deepEqual(after(...UP, { type: 'failed', reason: 'lost' }), {
      phase: 'registered',
      error: 'lost',
    });
  });

  it('transmits again after a reconnect', () => {
    assert.equal(after(...UP, refused, ...UP.slice(2)).phase, 'transmitting');
  });

  it('never reaches a phase without the one before it', () => {
    const order = ['new', 'installed', 'registered', 'connected', 'transmitting'];
    const event = fc.constantFrom<MeterEvent>(...UP, refused, { type: 'disconnected' });
    fc.assert(
      fc.property(fc.array(event), (events) => {
        let state = NEW_METER;
        for (const each of events) {
          const before = order.indexOf(state.phase);
          state = nextLifecycle(state, each);
          assert.ok(order.indexOf(state.phase) <= before + 1);
        }
      }),
    );
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  DIRECT_SPACING,
  GATEWAY_SPACING,
  INJECTION_F,
  dailyCurveF,
  initialGeneratorState,
  meterProfile,
  nextReading,
  type GeneratorState,
  type MeterSeed,
} from '../../../modules/meter-simulator/src/core/reading-generator.ts';

const NOON_MS = Date.UTC(2026, 10, 22, 12);
const KNOWN = [70.65, 71.17, 70.43, 70.76];
const METER: MeterSeed = { id: 'Meter01', seed: 7, ...GATEWAY_SPACING };

interface Made {
  readonly atMs: number;
  readonly tempF: number;
  readonly injected: string | null;
}

function make(
  meter: MeterSeed,
  count: number,
  from: GeneratorState = initialGeneratorState(meter),
): { readings: Made[]; state: GeneratorState } {
  const profile = meterProfile(meter);
  const readings: Made[] = [];
  let state = from;
  for (let index = 0; index < count; index += 1) {
    const atMs = NOON_MS + state.produced * 10_000;
    const { tempF, injected, state: next } = nextReading(profile, state, { atMs });
    readings.push({ atMs, tempF, injected });
    state = next;
  }
  return { readings, state };
}

function injectedAt(readings: readonly Made[]): number[] {
  return readings.flatMap(({ injected }, index) => (injected === null ? [] : [index]));
}

describe('reading generator', () => {
  it('gives the same readings for the same seed and meter', () => {
    assert.deepEqual(make(METER, 500), make(METER, 500));
  });

  it('gives known readings for a known seed', () => {
    const { readings } = make(METER, 4);
    assert.deepEqual(
      readings.map(({ tempF }) => tempF),
      KNOWN,
    );
  });

  it('gives other readings for another seed or another meter', () => {
    const temperatures = (meter: MeterSeed) => make(meter, 50).readings.map(({ tempF }) => tempF);
    assert.notDeepEqual(temperatures(METER), temperatures({ ...METER, seed: 8 }));
    assert.notDeepEqual(temperatures(METER), temperatures({ ...METER, id: 'Meter02' }));
  });

  it('goes on from a stored state as if it had never stopped', () => {
    fc.assert(
      fc.property(fc.nat(200), fc.nat(200), fc.integer({ min: 0 }), (before, after, seed) => {
        const meter = { ...METER, seed };
        const whole = make(meter, before + after);
        const first = make(meter, before);
        const stored = JSON.parse(JSON.stringify(first.state)) as GeneratorState;
        const second = make(meter, after, stored);
        assert.deepEqual([...first.readings, ...second.readings], whole.readings);
        assert.deepEqual(second.state, whole.state);
      }),
      { numRuns: 30 },
    );
  });

  it('keeps to around 70 degrees with a noise of half a degree', () => {
    const profile = meterProfile(METER);
    const usual = make(METER, 20_000).readings.filter(({ injected }) => injected === null);
    const noise = usual.map(({ atMs, tempF }) => tempF - dailyCurveF(profile, atMs));
    const mean = noise.reduce((sum, value) => sum + value, 0) / noise.length;
    const variance = noise.reduce((sum, value) => sum + (value - mean) ** 2, 0) / noise.length;
    assert.ok(Math.abs(mean) < 0.05, `mean ${mean}`);
    assert.ok(Math.abs(Math.sqrt(variance) - 0.5) < 0.03, `sd ${Math.sqrt(variance)}`);
    assert.ok(usual.every(({ tempF }) => tempF > 63 && tempF < 77));
  });

  it('rounds temperatures to a hundredth', () => {
    for (const { tempF } of make(METER, 300).readings) {
      assert.equal(tempF, Number(tempF.toFixed(2)));
    }
  });

  for (const [name, spacing] of Object.entries({ GATEWAY_SPACING, DIRECT_SPACING })) {
    it(`keeps automatic injections apart and out of the warm-up (${name})`, () => {
      for (let seed = 0; seed < 20; seed += 1) {
        const injections = injectedAt(make({ ...METER, ...spacing, seed }, 3_000).readings);
        for (const [index, at] of injections.entries()) {
          assert.ok(at >= spacing.warmUpReadings);
          const before = injections[index - 1];
          if (before !== undefined) assert.ok(at - before >= spacing.gapReadings);
        }
      }
    });
  }

  it('injects about once in 900 readings', () => {
    const count = injectedAt(make(METER, 90_000).readings).length;
    assert.ok(count > 75 && count < 125, `${count} injections`);
  });

  it('makes the certain injection whatever the seed, with nothing close before it', () => {
    for (let seed = 0; seed < 30; seed += 1) {
      const meter = { ...METER, seed, certainInjectionAt: 680 };
      const injections = injectedAt(make(meter, 720).readings);
      assert.ok(injections.includes(680));
      assert.ok(injections.every((at) => at === 680 || 680 - at >= 120 || at - 680 >= 120));
    }
  });

  it('injects on command, twenty degrees from what the reading would have been', () => {
    const profile = meterProfile(METER);
    const state = initialGeneratorState(METER);
    const quiet = nextReading(profile, state, { atMs: NOON_MS, injection: 'none' });
    const spike = nextReading(profile, state, { atMs: NOON_MS, injection: 'spike' });
    const dip = nextReading(profile, state, { atMs: NOON_MS, injection: 'dip' });
    assert.ok(Math.abs(spike.tempF - quiet.tempF - INJECTION_F) < 0.011);
    assert.ok(Math.abs(quiet.tempF - dip.tempF - INJECTION_F) < 0.011);
    assert.equal(spike.injected, 'spike');
    assert.equal(spike.state.random, quiet.state.random);
  });

  it('stays at a pinned temperature', () => {
    const profile = meterProfile(METER);
    const state = initialGeneratorState(METER);
    assert.equal(nextReading(profile, state, { atMs: NOON_MS, pinnedF: 66.5 }).tempF, 66.5);
  });
});

import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import fc from 'fast-check';
import type { Truth } from '../../../modules/meter-simulator/src/core/ground-truth.ts';
import { MeterBlock } from '../../../modules/meter-simulator/src/core/meter-block.ts';
import {
  dailyCurveF,
  meterProfile,
  weeklyCurveF,
  GATEWAY_SPACING,
} from '../../../modules/meter-simulator/src/core/reading-generator.ts';
import { VirtualMeter } from '../../../modules/meter-simulator/src/core/virtual-meter.ts';
import { CALM, MINUTE_MS, run, START_MS } from './virtual-fleet.ts';

const HOUR_MS = 3_600_000;
const TROUBLED = {
  ...CALM,
  levelShiftsPerDay: 3,
  stuckPerDay: 3,
  missingPerDay: 10,
  outagesPerDay: 3,
  outageHours: 2,
  latePercent: 10,
  repeatPercent: 10,
  clockDriftSecondsPerDay: 5,
};
/** Of 10 troubled meters on their first day; whatever changes it changes every recording. */
const RECORDED = '0e63d855a86eee786008a04a93b8be822bc55edea3eb4213b6a707073beedb62';

const digest = (value: unknown) => createHash('sha256').update(JSON.stringify(value)).digest('hex');
const temps = (meters: ReturnType<typeof run>) =>
  meters.map(({ readings }) => readings.map(({ temp }) => temp));

/** The lines that say how an episode ended. */
const ended = (truth: readonly Truth[], kind: Truth['kind']) =>
  truth.flatMap((line) =>
    line.kind === kind && line.toMs !== undefined ? [{ ...line, toMs: line.toMs }] : [],
  );

describe('virtual meter', function () {
  this.timeout(10_000);

  it('gives known readings and ground truth for a known seed', () => {
    assert.equal(digest(run({ meters: 10, turns: 1_440, settings: TROUBLED })), RECORDED);
  });

  it('gives the same whatever the restarts, and however many take their turns together', () => {
    const whole = run({ meters: 4, turns: 150, settings: TROUBLED });
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 4 }), fc.nat(150), (together, before) => {
        const block = new MeterBlock();
        const from = { turn: 0, block };
        const first = run({ meters: 4, turns: before, settings: TROUBLED, from, together });
        const second = run({
          meters: 4,
          turns: 150 - before,
          settings: TROUBLED,
          from: { turn: before, block: new MeterBlock(block.bytes) },
        });
        const joined = first.map(({ readings, truth }, index) => ({
          readings: [...readings, ...(second[index]?.readings ?? [])],
          truth: [...truth, ...(second[index]?.truth ?? [])],
        }));
        assert.equal(digest(joined), digest(whole));
      }),
      { numRuns: 8 },
    );
  });

  it('gives other readings for another seed', () => {
    const other = run({ meters: 3, turns: 50, settings: { ...CALM, seed: 8 } });
    assert.notDeepEqual(temps(other), temps(run({ meters: 3, turns: 50 })));
  });

  it('numbers its readings without gaps from the instant of installation on', () => {
    for (const { readings } of run({ meters: 3, turns: 100 })) {
      assert.deepEqual(
        readings.map(({ seq }) => seq - START_MS),
        readings.map((_, index) => index),
      );
    }
  });

  it('is coldest at night and on Sunday, warmest in the afternoon and on Wednesday', () => {
    const profile = {
      ...meterProfile({ id: 'm', seed: 1, ...GATEWAY_SPACING, weeklyF: 1 }),
      phaseMs: 0,
    };
    const at = (iso: string) => Date.parse(iso);
    assert.ok(dailyCurveF(profile, at('2026-06-03T04:00:00Z')) < profile.baseF - 2.4);
    assert.ok(dailyCurveF(profile, at('2026-06-03T16:00:00Z')) > profile.baseF + 2.4);
    assert.equal(weeklyCurveF(profile, at('2026-06-03T12:00:00Z')).toFixed(6), '1.000000');
    assert.equal(weeklyCurveF(profile, at('2026-06-07T00:00:00Z')).toFixed(6), '-1.000000');
  });

  it('says in the ground truth which readings have a spike or dip', () => {
    const [one] = run({ meters: 1, turns: 5_000 });
    const injected = one?.readings.filter((reading) => reading.injected !== null) ?? [];
    assert.ok(injected.length > 2);
    assert.deepEqual(
      one?.truth.map(({ kind, fromMs, size }) => [kind, fromMs, size]),
      injected.map(({ injected: kind, atMs }) => [kind, atMs, kind === 'spike' ? 20 : -20]),
    );
  });

  it('has neither spikes nor dips when they are switched off', () => {
    const settings = { ...CALM, injectSpikesAndDips: false };
    assert.ok(run({ meters: 2, turns: 5_000, settings }).every(({ truth }) => truth.length === 0));
  });

  it('shifts its level by as much as the ground truth says, for as long as it says', () => {
    const quiet = { ...CALM, injectSpikesAndDips: false };
    const [plain] = run({ meters: 1, turns: 3_000, settings: quiet });
    const settings = { ...quiet, levelShiftsPerDay: 5 };
    const [shifted] = run({ meters: 1, turns: 3_000, settings });
    const shifts = ended(shifted?.truth ?? [], 'level-shift');
    assert.ok(shifts.length > 2);
    for (const [index, { atMs, temp }] of (shifted?.readings ?? []).slice(0, -300).entries()) {
      const shift = shifts.find(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs);
      const before = plain?.readings[index]?.temp ?? 0;
      assert.ok(Math.abs(temp - before - (shift?.size ?? 0)) < 1e-9);
    }
  });

  it('is stuck at one temperature from the first to the last reading of the episode', () => {
    const settings = { ...CALM, stuckPerDay: 10 };
    const [stuck] = run({ meters: 1, turns: 3_000, settings });
    const episodes = ended(stuck?.truth ?? [], 'stuck');
    assert.ok(episodes.length > 2);
    for (const { fromMs, toMs, size } of episodes) {
      const readings = stuck?.readings.filter(({ atMs }) => fromMs <= atMs && atMs <= toMs) ?? [];
      assert.ok(readings.length >= 20);
      assert.ok(readings.every(({ temp }) => temp === size));
    }
  });

  it('leaves out the numbers of missing readings, as many as the ground truth says', () => {
    const settings = { ...CALM, missingPerDay: 20 };
    const [meter] = run({ meters: 1, turns: 3_000, settings });
    const { readings = [], truth = [] } = meter ?? {};
    const sent = new Set(readings.map(({ seq }) => seq));
    const last = readings.at(-1)?.seq ?? START_MS;
    const gone = Array.from({ length: last - START_MS }, (_, index) => START_MS + index).filter(
      (seq) => !sent.has(seq),
    );
    const missing = ended(truth, 'missing').filter(
      ({ toMs }) => toMs < (readings.at(-1)?.atMs ?? 0),
    );
    assert.ok(missing.length > 5);
    assert.equal(
      gone.length,
      missing.reduce((sum, { size }) => sum + size, 0),
    );
    for (const seq of gone) {
      const atMs = START_MS + (seq - START_MS) * MINUTE_MS;
      assert.ok(missing.some(({ fromMs, toMs }) => fromMs <= atMs && atMs <= toMs));
    }
  });

  it('sends after an outage what it would have sent without it, all at once', () => {
    const quiet = { ...CALM, injectSpikesAndDips: false };
    const settings = { ...quiet, outagesPerDay: 10, outageHours: 3 };
    const [plain] = run({ meters: 1, turns: 3_000, settings: quiet });
    const [meter] = run({ meters: 1, turns: 3_000, settings });
    const outages = ended(meter?.truth ?? [], 'outage');
    assert.ok(outages.length > 2);
    for (const { fromMs, toMs, size } of outages) {
      assert.equal((toMs - fromMs) / MINUTE_MS + 1, size);
      assert.ok(toMs - fromMs <= 3 * HOUR_MS + MINUTE_MS);
    }
    assert.deepEqual(meter?.readings, plain?.readings.slice(0, meter?.readings.length));
  });

  it('spreads a long backlog over several turns', () => {
    const settings = { ...CALM, outagesPerDay: 10, outageHours: 3 };
    const whole = run({ meters: 1, turns: 3_000, settings });
    const parts = run({ meters: 1, turns: 3_000, settings, mostBacklog: 7 });
    const count = Math.min(whole[0]?.readings.length ?? 0, parts[0]?.readings.length ?? 0);
    assert.ok(count > 1_000);
    assert.deepEqual(
      parts[0]?.readings
        .slice(0, count)
        .map(({ seq, temp }) => [seq, temp])
        .slice(0, 200),
      whole[0]?.readings.slice(0, 200).map(({ seq, temp }) => [seq, temp]),
    );
  });

  it('has a clock that gains what the ground truth says, and is set right every 30 days', () => {
    const settings = { ...CALM, clockDriftSecondsPerDay: 5, intervalMs: HOUR_MS };
    const runs = run({ meters: 10, turns: 24 * 40, settings });
    for (const { readings, truth } of runs) {
      const [drift] = truth.filter(({ kind }) => kind === 'clock-drift');
      const rate = drift?.size ?? 0;
      assert.ok(rate !== 0 && Math.abs(rate) <= 5);
      const errors = readings.map(({ atMs }, index) => atMs - (START_MS + index * HOUR_MS));
      assert.ok(errors.every((error) => Math.abs(error) <= 150_000));
      const steps = errors.map((error, index) => error - (errors[index - 1] ?? error));
      const gained = (rate * 1_000) / 24;
      const sets = steps.slice(1).filter((step) => Math.abs(step - gained) > 2);
      assert.ok(sets.length >= 1 && sets.length <= 2, `set right ${sets.length} times`);
    }
    const rates = new Set(runs.map(({ truth }) => truth[0]?.size));
    assert.ok(rates.size > 7);
  });

  it('is late and repeats as often as it should', () => {
    const settings = { ...CALM, latePercent: 20, repeatPercent: 5, lateSeconds: 30 };
    const sendings = run({ meters: 10, turns: 1_000, settings }).flatMap(({ readings }) =>
      readings.map(({ sending }) => sending),
    );
    const late = sendings.flatMap(({ lateMs }) => (lateMs === undefined ? [] : [lateMs]));
    const repeats = sendings.filter(({ repeatMs }) => repeatMs !== undefined);
    assert.ok(Math.abs(late.length / sendings.length - 0.2) < 0.015);
    assert.ok(Math.abs(repeats.length / sendings.length - 0.05) < 0.01);
    assert.ok(late.every((lateMs) => lateMs >= 1_000 && lateMs <= 30_000));
  });

  it('measures the same whatever faults it has on the way', () => {
    const faulty = { ...CALM, latePercent: 50, repeatPercent: 50, lateSeconds: 600 };
    assert.deepEqual(
      temps(run({ meters: 3, turns: 500, settings: faulty })),
      temps(run({ meters: 3, turns: 500 })),
    );
  });

  it('begins its series anew with another seed and goes on with its numbers', () => {
    const block = new MeterBlock();
    run({ meters: 1, turns: 100, settings: TROUBLED, from: { turn: 0, block } });
    const next = block.nextSeq[0] ?? 0;
    const other = { ...CALM, seed: 9 };
    const meter = new VirtualMeter({ block, index: 0, id: 'gateway-Virtual1' }, other);
    meter.restart(START_MS);
    const from = { turn: 0, block };
    const [anew] = run({ meters: 1, turns: 50, settings: other, from });
    assert.deepEqual(temps(run({ meters: 1, turns: 50, settings: other })), [
      anew?.readings.map(({ temp }) => temp),
    ]);
    assert.equal(anew?.readings[0]?.seq, next);
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  MeterWatch,
  type MeterWatchOptions,
} from '../../../modules/anomaly-detector/src/core/meter-watch.ts';

const OPTIONS: MeterWatchOptions = {
  confidence: 99.9,
  historySize: 10,
  mode: 'spikesanddips',
  variant: 'robust',
  gapIntervals: 0,
  cooldownReadings: 0,
};

const reading = (seq: number, temp: number, seconds = seq) => ({
  time: new Date(seconds * 1_000).toISOString(),
  atMs: seconds * 1_000,
  temp,
  seq,
});

describe('meter watch', function () {
  this.timeout(10_000);
  it('finds the same anomalies whatever the order, the repeats and the restarts', () => {
    const temps = fc.array(
      fc.oneof(
        { weight: 9, arbitrary: fc.double({ min: 69, max: 71, noNaN: true }) },
        { weight: 1, arbitrary: fc.constantFrom(30, 110) },
      ),
      { minLength: 1, maxLength: 80 },
    );
    fc.assert(
      fc.property(temps, fc.nat(), fc.nat(80), (all, seed, restartAt) => {
        const readings = all.map((temp, index) => reading(index + 1, temp));
        const expected = readings.flatMap(
          (
            (watch) => (one) =>
              watch.take(one, 0).anomalies
          )(new MeterWatch(OPTIONS, 0)),
        );

        const [first, ...rest] = readings;
        const shuffled = rest.toSorted((a, b) => Math.sin(a.seq + seed) - Math.sin(b.seq + seed));
        let watch = new MeterWatch(OPTIONS, 0);
        const found = [...(first === undefined ? [] : [first]), ...shuffled, ...rest].flatMap(
          (one, index) => {
            const { anomalies } = watch.take(one, 0);
            if (index === restartAt) {
              watch = new MeterWatch(OPTIONS, 0, structuredClone(watch.state()));
            }
            return anomalies;
          },
        );
        assert.deepEqual(found, expected);
      }),
    );
  });

  it('scores a reading only if its time is later than that of the last one scored', () => {
    const watch = new MeterWatch(OPTIONS, 0);
    watch.take(reading(1, 70, 100), 0);

    assert.equal(watch.take(reading(2, 70, 100), 0).late, 1);
    assert.equal(watch.take(reading(3, 70, 50), 0).late, 1);
    assert.equal(watch.take(reading(4, 70, 101), 0).late, 0);
    assert.equal(watch.state().detector.numbers.length, 3);
  });

  it('knows a repeat of a meter without sequence numbers by time and temperature', () => {
    const watch = new MeterWatch(OPTIONS, 0);
    const { seq: _seq, ...plain } = reading(1, 70);
    watch.take(plain, 0);

    assert.deepEqual(watch.take(plain, 0), { anomalies: [], repeats: 1, late: 0 });
    assert.equal(watch.take({ ...plain, temp: 71 }, 0).late, 1);
  });

  it('sends the readings before the anomaly along, oldest first', () => {
    const watch = new MeterWatch(OPTIONS, 0);
    for (let seq = 1; seq <= 30; seq += 1) watch.take(reading(seq, 70 + (seq % 3)), 0);
    const [anomaly] = watch.take(reading(31, 110), 0).anomalies;

    assert.equal(anomaly?.recent.length, 10);
    assert.deepEqual(anomaly?.recent.at(-1), ['1970-01-01T00:00:31.000Z', 110]);
    assert.deepEqual(anomaly?.recent[0], ['1970-01-01T00:00:22.000Z', 71]);
  });

  it('keeps its history when the options change', () => {
    const watch = new MeterWatch(OPTIONS, 0);
    for (let seq = 1; seq <= 30; seq += 1) watch.take(reading(seq, 70 + (seq % 3)), 0);
    watch.configure({ ...OPTIONS, historySize: 5 });

    assert.equal(watch.take(reading(31, 110), 0).anomalies.length, 1);
  });

  it('learns anew after a gap of more than so many usual intervals', () => {
    const watch = new MeterWatch({ ...OPTIONS, gapIntervals: 20 }, 0);
    for (let seq = 1; seq <= 30; seq += 1) watch.take(reading(seq, 70 + (seq % 3)), 0);

    assert.equal(watch.take(reading(31, 110, 60), 0).anomalies.length, 0);
    assert.deepEqual(watch.state().recent.length, 1);
  });

  it('makes one anomaly of a run within the cool-down', () => {
    const run = (cooldownReadings: number) => {
      const watch = new MeterWatch({ ...OPTIONS, cooldownReadings, leaveOutAnomalies: true }, 0);
      for (let seq = 1; seq <= 30; seq += 1) watch.take(reading(seq, 70 + (seq % 3)), 0);
      return [31, 32, 33, 34].flatMap((seq) => watch.take(reading(seq, 110), 0).anomalies).length;
    };

    assert.equal(run(0), 4);
    assert.equal(run(3), 1);
  });

  it('goes on with the same detector after a restart, whatever its variant', () => {
    for (const variant of ['steps', 'robust', 'parity'] as const) {
      const one = new MeterWatch({ ...OPTIONS, variant }, 0);
      for (let seq = 1; seq <= 40; seq += 1) one.take(reading(seq, 70 + Math.sin(seq * seq)), 0);
      const other = new MeterWatch({ ...OPTIONS, variant }, 0, structuredClone(one.state()));

      const next = reading(41, 110);
      assert.equal(one.take(next, 0).anomalies.length, 1, variant);
      assert.equal(other.take(next, 0).anomalies.length, 1, variant);
      assert.deepEqual(other.state(), one.state());
    }
  });
});

import assert from 'node:assert/strict';
import type { AveragePoint } from '../../../cloud/dashboard/core/board.ts';
import { barScale } from '../../../cloud/dashboard/web/src/bar-scale.ts';
import { latestInstant, lineData } from '../../../cloud/dashboard/web/src/line-data.ts';
import { formatTemp, temperatureLevel } from '../../../cloud/dashboard/web/src/temperature.ts';

const MINUTES = 60_000;

function averages(...minutes: number[]): AveragePoint[] {
  return minutes.map((minute) => ({
    endMs: minute * MINUTES,
    average: minute,
    minimum: 0,
    maximum: 0,
    count: 1,
    expectedCount: null,
    revision: 0,
    delaySeconds: null,
  }));
}

describe('dashboard lines', () => {
  it('share one list of instants, with nothing where a meter has no average', () => {
    const meters = [
      { id: 'a', averages: averages(5, 10) },
      { id: 'b', averages: averages(10, 15) },
    ];

    assert.deepEqual(lineData(meters, 0), {
      times: [300, 600, 900],
      lines: [
        [5, 10, undefined],
        [undefined, 10, 15],
      ],
    });
  });

  it('leave out averages before the hours that are shown', () => {
    const { times } = lineData([{ id: 'a', averages: averages(5, 10, 15) }], 5 * MINUTES);

    assert.deepEqual(times, [600, 900]);
  });

  it('are broken where a meter was silent', () => {
    const { lines } = lineData([{ id: 'a', averages: averages(5, 60) }], 0);

    assert.deepEqual(lines, [[5, null, 60]]);
  });

  it('end at the latest average, whatever a meter with a wrong clock says', () => {
    const meters = [
      { id: 'a', averages: averages(5) },
      { id: 'wrong clock', averages: averages(10_000_000) },
    ];

    assert.equal(latestInstant(meters, [], 6 * MINUTES), 5 * MINUTES);
  });

  it('end at the latest average of a recording from the future as well', () => {
    assert.equal(latestInstant([{ id: 'a', averages: averages(900) }], [], 0), 900 * MINUTES);
  });
});

describe('dashboard bars', () => {
  it('show both limits of the lab whatever the values are', () => {
    const { from, to } = barScale([70]);

    assert.ok(from < 68 && to > 72);
  });

  it('keep a handful of ticks for values far outside', () => {
    const { from, to, ticks } = barScale([-400, 9_000]);

    assert.ok(from < -400 && to > 9_000 && ticks.length < 10);
  });

  for (const [temp, level] of [
    [68, 'cold'],
    [68.01, 'usual'],
    [71.99, 'usual'],
    [72, 'hot'],
  ] as const) {
    it(`call ${temp} degrees ${level}`, () => {
      assert.equal(temperatureLevel(temp), level);
    });
  }

  it('write any number in a few characters', () => {
    for (const temp of [70.44, -1e308, 1e-300, 123_456_789]) {
      assert.ok(formatTemp(temp).length <= 9, formatTemp(temp));
    }
  });
});

import assert from 'node:assert/strict';
import fc from 'fast-check';
import {
  Board,
  type AnomalyMark,
  type AveragePoint,
  type BoardLimits,
} from '../../../cloud/dashboard/core/board.ts';

const MINUTES = 60_000;
const NOON_MS = Date.parse('2026-11-22T12:00:00Z');

const LIMITS: BoardLimits = {
  historyMs: 60 * MINUTES,
  maxMeters: 3,
  maxPointsPerMeter: 100,
  maxAnomalies: 4,
};

function point(minutes: number, average: number, revision = 0): AveragePoint {
  const endMs = NOON_MS + minutes * MINUTES;
  const known = { minimum: average, maximum: average, count: 30, expectedCount: 30 };
  return { endMs, average, ...known, revision, delaySeconds: 30 };
}

function spike(minutes: number, id = 'Meter01'): AnomalyMark {
  const atMs = NOON_MS + minutes * MINUTES;
  return { id, atMs, temp: 90, direction: 'spike', score: 1e-9, usual: 70, delaySeconds: 2 };
}

describe('dashboard board', () => {
  it('keeps the highest revision of each window, whatever order averages arrive in', () => {
    const arrivals = fc.array(
      fc.record({ window: fc.integer({ min: 0, max: 8 }), revision: fc.nat(4) }),
    );
    fc.assert(
      fc.property(arrivals, (averages) => {
        const board = new Board(LIMITS);
        for (const { window, revision } of averages) {
          board.addAverage('Meter01', point(window * 5, window + revision / 10, revision));
        }
        const best = new Map<number, number>();
        for (const { window, revision } of averages) {
          best.set(window, Math.max(revision, best.get(window) ?? 0));
        }
        const kept = board.snapshot().meters[0]?.averages ?? [];
        const expected = [...best].toSorted(([a], [b]) => a - b);
        assert.deepEqual(
          kept.map(({ endMs, revision }) => [(endMs - NOON_MS) / (5 * MINUTES), revision]),
          expected,
        );
      }),
    );
  });

  it('says whether an average was news', () => {
    const board = new Board(LIMITS);

    assert.equal(board.addAverage('Meter01', point(5, 70, 1)), true);
    assert.equal(board.addAverage('Meter01', point(5, 70, 1)), false);
    assert.equal(board.addAverage('Meter01', point(5, 71, 0)), false);
    assert.equal(board.addAverage('Meter01', point(5, 72, 2)), true);
  });

  it('forgets averages that are older than its hours before the latest of the same meter', () => {
    const board = new Board(LIMITS);
    board.addAverage('Meter01', point(0, 70));
    board.addAverage('Meter02', point(0, 70));
    board.addAverage('Meter01', point(60, 71));

    const [first, second] = board.snapshot().meters;
    assert.deepEqual(first?.averages, [point(60, 71)]);
    assert.deepEqual(second?.averages, [point(0, 70)]);
  });

  it('does not take an average that is already too old', () => {
    const board = new Board(LIMITS);
    board.addAverage('Meter01', point(120, 71));

    assert.equal(board.addAverage('Meter01', point(0, 70)), false);
    assert.equal(board.snapshot().meters[0]?.averages.length, 1);
  });

  it('forgets the meter that was quiet longest when there are too many', () => {
    const board = new Board(LIMITS);
    for (const id of ['a', 'b', 'c']) board.addAverage(id, point(0, 70));
    board.addAverage('a', point(5, 70));
    board.addAverage('d', point(5, 70));

    assert.deepEqual(
      board.snapshot().meters.map(({ id }) => id),
      ['a', 'c', 'd'],
    );
  });

  it('lists anomalies newest first, each once, and only so many', () => {
    const board = new Board(LIMITS);
    for (const minutes of [3, 1, 5, 1, 4, 2]) board.addAnomaly(spike(minutes));

    assert.deepEqual(
      board.snapshot().anomalies.map(({ atMs }) => (atMs - NOON_MS) / MINUTES),
      [5, 4, 3, 2],
    );
    assert.equal(board.addAnomaly(spike(1)), false);
  });

  it('orders meters by the numbers in their names', () => {
    const board = new Board(LIMITS);
    for (const id of ['Meter10', 'Meter9', 'Meter1']) board.addAverage(id, point(0, 70));

    assert.deepEqual(
      board.snapshot().meters.map(({ id }) => id),
      ['Meter1', 'Meter9', 'Meter10'],
    );
  });

  it('shortens the past in a snapshot to as many averages as wanted', () => {
    const board = new Board(LIMITS);
    for (const window of [0, 5, 10]) board.addAverage('Meter01', point(window, 70));

    assert.deepEqual(board.snapshot(2).meters[0]?.averages, [point(5, 70), point(10, 70)]);
  });
});

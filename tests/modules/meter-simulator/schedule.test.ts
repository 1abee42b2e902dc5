import assert from 'node:assert/strict';
import fc from 'fast-check';
import { Schedule, type Turn } from '../../../modules/meter-simulator/src/core/schedule.ts';

const START_MS = Date.parse('2026-06-01T00:00:00Z');
const shapes = fc.record({
  blocks: fc.integer({ min: 1, max: 40 }),
  intervalMs: fc.integer({ min: 250, max: 86_400_000 }),
});

function takeAll(schedule: Schedule, nowMs: number): Turn[] {
  const turns: Turn[] = [];
  for (let turn = schedule.take(nowMs); turn; turn = schedule.take(nowMs)) turns.push(turn);
  return turns;
}

describe('schedule of virtual meters', () => {
  it('gives every block one turn in each interval, spread evenly', () => {
    fc.assert(
      fc.property(shapes, fc.nat(86_400_000), ({ blocks, intervalMs }, offset) => {
        const fromMs = START_MS + offset;
        const schedule = new Schedule({ blocks, intervalMs }, fromMs);
        const turns = takeAll(schedule, fromMs + intervalMs - 1);
        assert.deepEqual(
          turns.map(({ block }) => block).toSorted((a, b) => a - b),
          Array.from({ length: blocks }, (_, block) => block),
        );
        assert.ok(turns.every(({ atMs }) => atMs >= fromMs && atMs < fromMs + intervalMs));
        const most = Math.ceil(intervalMs / blocks) + 1;
        for (const [index, { atMs }] of turns.entries()) {
          const before = turns[index - 1]?.atMs ?? atMs;
          assert.ok(atMs - before <= most && atMs >= before);
        }
      }),
      { numRuns: 30 },
    );
  });

  it('gives the same turns to whoever asks later or starts anew', () => {
    fc.assert(
      fc.property(shapes, fc.double({ min: 0, max: 1, noNaN: true }), (shape, share) => {
        const { intervalMs } = shape;
        const until = START_MS + 2 * intervalMs;
        const middle = Math.ceil(START_MS + 2 * intervalMs * share);
        const whole = takeAll(new Schedule(shape, START_MS), until);
        const first = takeAll(new Schedule(shape, START_MS), middle - 1);
        const second = takeAll(new Schedule(shape, middle), until);
        assert.deepEqual([...first, ...second], whole);
      }),
      { numRuns: 30 },
    );
  });

  it('leaves out only turns that are a whole interval overdue, and says whose', () => {
    const schedule = new Schedule({ blocks: 4, intervalMs: 1_000 }, START_MS);
    assert.equal(schedule.leaveOut(START_MS + 999).size, 0);

    const left = schedule.leaveOut(START_MS + 3_300);
    assert.deepEqual(
      [...left],
      [
        [0, 3],
        [1, 3],
        [2, 2],
        [3, 2],
      ],
    );
    assert.equal(schedule.behindMs(START_MS + 3_300), 800);
    assert.deepEqual(
      takeAll(schedule, START_MS + 3_300).map(({ block }) => block),
      [2, 3, 0, 1],
    );
    assert.equal(schedule.behindMs(START_MS + 3_300), 0);
  });
});

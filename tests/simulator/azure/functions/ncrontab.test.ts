import assert from 'node:assert/strict';
import {
  nextOccurrence,
  parseSchedule,
  type CalendarDay,
} from '../../../../simulator/azure/functions/core/ncrontab.ts';

const calendar: CalendarDay = (epochDay) => {
  const date = new Date(epochDay * 86_400_000);
  return { day: date.getUTCDate(), month: date.getUTCMonth() + 1, dayOfWeek: date.getUTCDay() };
};

function next(expression: string, after: string): string | undefined {
  const atMs = nextOccurrence(parseSchedule(expression), Date.parse(after), calendar);
  return atMs === undefined ? undefined : new Date(atMs).toISOString().replace('.000Z', 'Z');
}

describe('NCRONTAB schedules', () => {
  // A Sunday.
  const AFTER = '2026-11-22T18:05:03.500Z';

  for (const [expression, expected] of [
    ['* * * * * *', '2026-11-22T18:05:04Z'],
    ['*/5 * * * * *', '2026-11-22T18:05:05Z'],
    ['0 */5 * * * *', '2026-11-22T18:10:00Z'],
    ['30 4/10 * * * *', '2026-11-22T18:14:30Z'],
    ['0 0 9-17 * * 1-5', '2026-11-23T09:00:00Z'],
    ['0 30 9,12 1 1 *', '2027-01-01T09:30:00Z'],
    ['0 0 0 29 2 *', '2028-02-29T00:00:00Z'],
    ['0 0 0 30 2 *', undefined],
  ] as const) {
    it(`name with ${expression} the instant ${expected ?? 'that never comes'}`, () => {
      assert.equal(next(expression, AFTER), expected);
    });
  }

  it('never name the instant they are asked from', () => {
    assert.equal(next('* * * * * *', '2026-11-22T18:05:04Z'), '2026-11-22T18:05:05Z');
  });

  for (const wrong of [
    '* * * * *',
    '60 * * * * *',
    '5-1 * * * * *',
    '*/0 * * * * *',
    '0 0 0 * JAN *',
    '',
    '1/2/3 * * * * *',
  ]) {
    it(`are refused with a reason: "${wrong}"`, () => {
      assert.throws(() => parseSchedule(wrong), { code: 'SCHEDULE' });
    });
  }
});
